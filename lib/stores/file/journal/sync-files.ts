import { closeSync, constants, fsync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import { readBodySync } from '../body.ts';
import { hasCode, isMissing } from '../errno.ts';
import { identityAt, isSame } from '../identity.ts';
import type { Permissions } from '../permissions.ts';
import { statsOf } from '../stat.ts';
import { createTemporaryIn } from '../temporaries/new-file.ts';
import { abandonTemporary, renameTemporary, writeTemporary } from '../temporaries/temporary.ts';
import { SYSTEM_WRITES } from '../temporaries/write-body.ts';
import type { Epoch } from './epoch.ts';
import type { RecordedWrite } from './record.ts';
import type { SyncFileSystem } from './sync-file-system.ts';

/** Where the file of a key is. */
export interface FilePlace {
  readonly folder: string;
  readonly path: string;
}

/** Waits until files and the names in their folders are on the disk. */
export type SyncFiles = (written: Pick<Epoch, 'files' | 'folders'>) => Promise<void>;

const READ = constants.O_RDONLY | constants.O_NONBLOCK;
/** From this many files on it costs less to sync everything on the disk. */
const MANY_FILES = 50;
// The thread pool has four threads, and the journal and the readers need some.
const CONCURRENCY = 2;
// Another user's file, a folder or a special file has replaced ours.
const FOREIGN = ['EACCES', 'EPERM', 'EINVAL', 'ENXIO', 'ELOOP'];

const syncOpen = promisify(fsync);

export function createSyncFiles(parts: {
  readonly placeOf: (key: string) => FilePlace;
  readonly permissions: Permissions;
  readonly syncFileSystem: SyncFileSystem;
}): SyncFiles {
  const { placeOf, permissions, syncFileSystem } = parts;
  /** Files whose sync has failed. The system takes their pages for written then, so another sync would prove nothing. */
  const doubtful = new Set<string>();

  async function syncFile(key: string): Promise<void> {
    const place = placeOf(key);
    try {
      if (!doubtful.has(key)) return await syncPath(place.path);
    } catch {
      doubtful.add(key);
    }
    await rewrite(place, permissions);
    doubtful.delete(key);
  }

  /** False if that is not possible, or some file could not be written. */
  async function syncTogether({ files, folders }: Parameters<SyncFiles>[0]): Promise<boolean> {
    if (files.size < MANY_FILES || doubtful.size > 0) return false;
    const paths = Array.from(folders.values(), key => placeOf(key).folder);
    const byDevice = new Map<bigint, string>();
    for (const path of paths) {
      const stats = statsOf(path);
      if (stats !== null) byDevice.set(stats.dev, path);
    }
    return syncFileSystem([...byDevice.values()]);
  }

  return async ({ files, folders }) => {
    if (await syncTogether({ files, folders })) return;
    const queue = files.values();
    const syncAll = async (): Promise<void> => {
      for (const key of queue) await syncFile(key);
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, syncAll));
    await Promise.all(Array.from(folders.values(), key => syncPath(placeOf(key).folder)));
  };
}

/** The files and folders that records are about. */
export function filesOf(
  records: readonly Pick<RecordedWrite, 'key' | 'kind' | 'body'>[],
): Parameters<SyncFiles>[0] {
  const files = new Set<string>();
  const folders = new Map<string, string>();
  for (const { key, kind, body } of records) {
    folders.set(key.slice(0, key.indexOf('/')), key);
    // The name of an empty file says everything.
    if (kind === 'put' && body.byteLength > 0) files.add(key);
  }
  return { files, folders };
}

/** What is gone, or belongs to another program, needs no sync. */
async function syncPath(path: string): Promise<void> {
  const fd = openOrNull(path);
  if (fd === null) return;
  try {
    await syncOpen(fd);
  } catch (error) {
    if (!FOREIGN.some(code => hasCode(error, code))) throw error;
  } finally {
    closeSync(fd);
  }
}

/** Writes the bytes of a file, which the system still has in memory, to a new one, and waits for that. */
async function rewrite({ folder, path }: FilePlace, permissions: Permissions): Promise<void> {
  const found = readBodySync(path);
  if (found === null) return;
  const { body, stats } = found;
  const content = { body, modifiedAtNs: stats.mtimeNs, permissions, isSynced: true };
  const temporary = await writeTemporary(createTemporaryIn(folder, permissions.file), {
    ...content,
    writes: SYSTEM_WRITES,
    reach: () => {},
  });
  try {
    // A file that has been replaced meanwhile has its own record.
    if (isSame(stats, identityAt(path))) renameTemporary(temporary, path);
    else abandonTemporary(temporary);
  } finally {
    closeSync(temporary.fd);
  }
}

function openOrNull(path: string): number | null {
  try {
    return openSync(path, READ);
  } catch (error) {
    if (isMissing(error) || FOREIGN.some(code => hasCode(error, code))) return null;
    throw error;
  }
}
