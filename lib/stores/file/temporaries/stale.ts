import { closeSync, constants, openSync, readdirSync } from 'node:fs';
import { tryLock } from 'fs-native-extensions';
import { hasCode, isMissing, withStoreErrorSync } from '../errno.ts';
import { isTemporaryName, removeTemporary } from './temporary.ts';

const INTERVAL_MS = 30_000;

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

/** Returns a function that removes them from the folder if it has not done so for half a minute. */
export function createCleaner({
  folder,
  now,
}: {
  readonly folder: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}): () => void {
  let nextAtMs = Number.NEGATIVE_INFINITY;
  return () => {
    if (now() < nextAtMs) return;
    nextAtMs = now() + INTERVAL_MS;
    withStoreErrorSync(`clean "${folder}"`, () => removeStaleTemporaries(folder, namesIn(folder)));
  };
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
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
