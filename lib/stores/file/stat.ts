import { type BigIntStats, type Dirent, type Stats, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { allows, type Precondition, type Version } from '../../store.ts';
import { isMissing } from './errno.ts';

/** The stats of one file at one moment, with times in nanoseconds. */
export type FileStats = BigIntStats;

/**
 * The stats of a file, or null when it does not exist. Synchronous, because a read of the kernel's
 * name cache costs less than a trip through the thread pool.
 */
export function statsOf(path: string): FileStats | null {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false }) ?? null;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/**
 * As `statsOf`, in two thirds of the time, with times in milliseconds that are exact to a microsecond, and inodes that may be
 * rounded above 2 ** 53.
 */
export function roughStatsOf(path: string): Stats | null {
  return statSync(path, ROUGH) ?? null;
}

const ROUGH = { throwIfNoEntry: false } as const;

/**
 * The version of a file: its time, size and inode. Readers do not have to hash a body, and a file
 * that another program replaces or rewrites gets a new version.
 */
export function versionOf({
  mtimeNs,
  size,
  ino,
}: Pick<FileStats, 'mtimeNs' | 'size' | 'ino'>): Version {
  return `${mtimeNs.toString(36)}-${size.toString(36)}-${ino.toString(36)}` as Version;
}

/** Whether the precondition allows a write over the file with these stats, or over no file. */
export function holds(precondition: Precondition, stats: FileStats | null): boolean {
  return allows(precondition, stats === null ? null : versionOf(stats));
}

/** The entries of a folder with their kinds; empty when the folder does not exist. */
export function entriesOf(folder: string): Promise<Dirent[]> {
  return orNone(readdir(folder, { withFileTypes: true }));
}

/** The names in a folder; empty when it does not exist. Takes less time and memory than the entries. */
export function namesIn(folder: string): Promise<string[]> {
  return orNone(readdir(folder));
}

async function orNone<Item>(reading: Promise<Item[]>): Promise<Item[]> {
  try {
    return await reading;
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
