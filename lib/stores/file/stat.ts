import { type BigIntStats, type Dirent, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { allows, type Precondition, type Version } from '../../store.ts';
import { isMissing } from './errno.ts';

/** What the disk says about one file at one moment, with times to the nanosecond. */
export type Stamp = BigIntStats;

/**
 * The stamp of a file, or null when there is none. Synchronous, because a look-up in the kernel's
 * cache of names costs less than a trip through the thread pool.
 */
export function stampOf(path: string): Stamp | null {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false }) ?? null;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/**
 * The version that a stamp names. File time, size and inode: no reader has to hash a body, and a file
 * that another program replaces or rewrites gets a new one.
 */
export function versionOf({ mtimeNs, size, ino }: Stamp): Version {
  return `${mtimeNs.toString(36)}-${size.toString(36)}-${ino.toString(36)}` as Version;
}

/** Whether a write may happen upon the file of this stamp, or upon none. */
export function holds(precondition: Precondition, stamp: Stamp | null): boolean {
  return allows(precondition, stamp === null ? null : versionOf(stamp));
}

/** What stands in a folder, with its kind; nothing where there is no folder. */
export async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
