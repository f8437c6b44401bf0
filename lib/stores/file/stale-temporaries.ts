import { closeSync, constants, openSync } from 'node:fs';
import { tryLock } from 'fs-native-extensions';
import { hasCode, isMissing } from './errno.ts';
import { isTemporaryName, removeTemporary } from './temporary.ts';

/**
 * Removes the temporary files of killed writers among these names of the folder. A running writer locks its temporary
 * file. So getting the lock means that the writer is dead, or has only just opened the file. In the second case the
 * writer finds the name gone when it renames the file, and writes again.
 */
export function removeStaleTemporaries(folder: string, names: Iterable<string>): void {
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
    // Its writer has renamed it meanwhile, or it belongs to another user.
    if (isMissing(error) || hasCode(error, 'EACCES') || hasCode(error, 'ELOOP')) return null;
    throw error;
  }
}
