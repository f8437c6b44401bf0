import { closeSync, constants, fstatSync, openSync, readdirSync } from 'node:fs';
import { StoreError } from '../../store.ts';
import { withStoreErrorSync } from './errno.ts';
import { type Identity, identityAt, identityOfOpen, isSame } from './identity.ts';
import type { Layout } from './layout.ts';

/** The directory of a store. It stays open, so that a different directory under its name is noticed. */
export interface Home {
  /**
   * Throws a `StoreError` when the directory is gone, or when an empty one has its name while the one that was opened
   * still exists. An unmounted disk looks like this, and would read as a store without jobs.
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
    require: () => withStoreErrorSync(`find the directory "${root}"`, require),
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

/** Whether the directory contains jobs of a store or of another program. */
function isUsed(layout: Layout): boolean {
  if (identityAt(layout.hidden) !== null) return true;
  const jobs = layout.filesOf('jobs/');
  return readdirSync(layout.root).some(name => jobs.has(name));
}
