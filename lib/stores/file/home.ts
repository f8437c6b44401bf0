import { closeSync, constants, fstatSync, openSync, readdirSync } from 'node:fs';
import { StoreError } from '../../store.ts';
import { failing } from './errno.ts';
import { type Identity, identityAt, identityOfOpen, isSame } from './identity.ts';
import type { Layout } from './layout.ts';

/** The directory of a store, held open to know it again. */
export interface Home {
  /**
   * Throws a `StoreError` where the directory is gone, or where an empty one has taken its name while the one that was
   * opened still exists: so a disk looks that is not mounted, and it would read as a store without a single job.
   */
  require(): Identity;
  close(): void;
}

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY;

export function openHome(
  layout: Layout,
  { requireLocal }: { readonly requireLocal: (path: string) => void },
): Home {
  const { root } = layout;
  let fd = openSync(root, FOLDER);
  let identity = identityOfOpen(fd);

  function adopt(): void {
    requireLocal(root);
    const next = openSync(root, FOLDER);
    closeSync(fd);
    fd = next;
    identity = identityOfOpen(fd);
  }

  return {
    require: () => failing(`find the directory "${root}"`, require),
    close: () => closeSync(fd),
  };

  function require(): Identity {
    const found = identityAt(root);
    if (found === null) throw new StoreError(`Cannot find the directory "${root}"`);
    if (isSame(identity, found)) return identity;
    const isDeleted = fstatSync(fd, { bigint: true }).nlink === 0n;
    if (!isDeleted && !isUsed(layout)) {
      throw new StoreError(
        `Cannot use the directory "${root}": it is empty and not the one that was opened, which still exists. Is a disk not mounted?`,
      );
    }
    adopt();
    return identity;
  }
}

/** Whether a store, or another program, keeps jobs in the directory. */
function isUsed(layout: Layout): boolean {
  if (identityAt(layout.hidden) !== null) return true;
  const jobs = layout.shelfOf('jobs/');
  return readdirSync(layout.root).some(name => jobs.holds(name));
}
