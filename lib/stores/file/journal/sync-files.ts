import { closeSync, constants, fsync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import { hasCode, isMissing } from '../errno.ts';
import type { Epoch } from './epoch.ts';

/** Waits until files and the names in their folders are on the disk. */
export type SyncFiles = (written: Pick<Epoch, 'files' | 'folders'>) => Promise<void>;

const READ = constants.O_RDONLY | constants.O_NONBLOCK;
// The thread pool has four threads, and the journal and the readers need some.
const LANES = 2;
// Another user's file, a folder or a special file has replaced ours.
const FOREIGN = ['EACCES', 'EPERM', 'EINVAL', 'ENXIO', 'ELOOP'];

const syncFile = promisify(fsync);

export function createSyncFiles(parts: {
  readonly pathOf: (key: string) => string;
  readonly folderOf: (key: string) => string;
}): SyncFiles {
  const { pathOf, folderOf } = parts;

  async function syncOne(path: string): Promise<void> {
    const fd = openOrNull(path);
    // What is gone needs no sync.
    if (fd === null) return;
    try {
      await syncFile(fd);
    } catch (error) {
      if (!FOREIGN.some(code => hasCode(error, code))) throw error;
    } finally {
      closeSync(fd);
    }
  }

  return async ({ files, folders }) => {
    const queue = files.values();
    const lane = async (): Promise<void> => {
      for (const key of queue) await syncOne(pathOf(key));
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    await Promise.all(Array.from(folders.values(), key => syncOne(folderOf(key))));
  };
}

function openOrNull(path: string): number | null {
  try {
    return openSync(path, READ);
  } catch (error) {
    if (isMissing(error) || FOREIGN.some(code => hasCode(error, code))) return null;
    throw error;
  }
}
