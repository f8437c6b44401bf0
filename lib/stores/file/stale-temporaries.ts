import { closeSync, constants, openSync } from 'node:fs';
import { tryLock } from 'fs-native-extensions';
import { hasCode, isMissing } from './errno.ts';
import { isTemporaryName, removeTemporary } from './temporary.ts';

/**
 * Removes, of these names in the folder, the temporaries of writers that were killed. A living writer
 * holds a lock on its own, so who gets the lock knows that the writer is dead, or has come no further
 * than opening the file; that one finds the name gone when it renames, and writes again.
 */
export function removeLeftovers(folder: string, names: Iterable<string>): void {
  for (const name of names) {
    if (isTemporaryName(name)) removeUnlessLocked(`${folder}/${name}`);
  }
}

function removeUnlessLocked(path: string): void {
  const fd = openForLock(path);
  if (fd === null) return;
  try {
    if (tryLock(fd)) removeTemporary({ path });
  } finally {
    closeSync(fd);
  }
}

function openForLock(path: string): number | null {
  try {
    return openSync(path, constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch (error) {
    // Renamed by its writer meanwhile, or another user's: not ours to clean.
    if (isMissing(error) || hasCode(error, 'EACCES') || hasCode(error, 'ELOOP')) return null;
    throw error;
  }
}
