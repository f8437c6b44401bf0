import { closeSync, fstatSync, fsync, futimesSync, renameSync } from 'node:fs';
import { promisify } from 'node:util';
import { tryLock } from 'fs-native-extensions';
import type { Body } from '../../../store.ts';
import type { OnCrashPoint } from '../crash-point.ts';
import { hasCode } from '../errno.ts';
import { type Permissions, permitFile } from '../permissions.ts';
import { removeFile } from '../remove-file.ts';
import type { FileStats } from '../stat.ts';
import { createFileNow, type NewFile } from './new-file.ts';
import { type WriteCalls, writeAll } from './write-body.ts';

/** A complete body under a temporary name. */
export interface Temporary {
  readonly path: string;
  readonly fd: number;
  /** Those that the file keeps when it gets the name of its key. */
  stats: FileStats;
  /** Whether it still has the temporary name. */
  isNamed: boolean;
}

const MODE_BITS = 0o7777n;
const NAME = /^\.(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|dalsegno-probe-[^/]+)\.tmp$/;

const fsyncFile = promisify(fsync);

/**
 * Writes the whole body into a new file. If it is to be synced, waits until it is on the disk. The file is locked while
 * it is open, so that a cleaner can distinguish it from a stale one. The caller closes it.
 */
export async function writeTemporary(
  { path, fd }: NewFile,
  content: {
    readonly body: Body;
    readonly modifiedAtNs: bigint;
    readonly permissions: Permissions;
    readonly writes: WriteCalls;
    readonly reach: OnCrashPoint;
    readonly isSynced: boolean;
  },
): Promise<Temporary> {
  const { body, modifiedAtNs, permissions, writes, reach } = content;
  try {
    reach('opened');
    // If this fails, a cleaner was faster. The rename then finds the name gone.
    tryLock(fd);
    reach('locked');
    await writeAll(fd, body, { ...writes, reach });
    setModifiedAt(fd, modifiedAtNs);
    const stats = permittedStats(fd, permissions);
    reach('filled');
    if (content.isSynced) {
      await fsyncFile(fd);
      reach('synced');
    }
    return { path, fd, stats, isNamed: true };
  } catch (error) {
    abandonTemporary({ path });
    closeSync(fd);
    throw error;
  }
}

/** Creates an empty file with its final name. Returns null when a file has the name already. */
export function createEmptyFile(
  path: string,
  {
    modifiedAtNs,
    permissions,
  }: { readonly modifiedAtNs: bigint; readonly permissions: Permissions },
): FileStats | null {
  const fd = openNew(path, permissions);
  if (fd === null) return null;
  try {
    setModifiedAt(fd, modifiedAtNs);
    return permittedStats(fd, permissions);
  } finally {
    closeSync(fd);
  }
}

function openNew(path: string, permissions: Permissions): number | null {
  try {
    return createFileNow(path, permissions.file);
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return null;
    throw error;
  }
}

/** Gives a temporary file a later modification time. */
export function postpone(temporary: Temporary, modifiedAtNs: bigint): void {
  setModifiedAt(temporary.fd, modifiedAtNs);
  temporary.stats = fstatSync(temporary.fd, { bigint: true });
}

/** Gives a temporary file its final name, in place of any other file. */
export function renameTemporary(temporary: Temporary, path: string): void {
  renameSync(temporary.path, path);
  temporary.isNamed = false;
}

function setModifiedAt(fd: number, modifiedAtNs: bigint): void {
  const seconds = Number(modifiedAtNs) / 1e9;
  futimesSync(fd, seconds, seconds);
}

/** The umask of the process may have reduced the mode. */
function permittedStats(fd: number, permissions: Permissions): FileStats {
  const stats = fstatSync(fd, { bigint: true });
  if (Number(stats.mode & MODE_BITS) !== permissions.file) permitFile(fd, permissions);
  return stats;
}

/** Removes a temporary file. It is no error if a cleaner has removed it already. */
export function removeTemporary({ path }: { readonly path: string }): void {
  removeFile(path);
}

/** Like `removeTemporary`, after another failure: a file that cannot be removed now is left to a cleaner. */
export function abandonTemporary(temporary: { readonly path: string }): void {
  try {
    removeTemporary(temporary);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}

/** The file name of a probe, which is a temporary file too. */
export function probeName(name: string): string {
  return `.dalsegno-probe-${name}.tmp`;
}

export function isTemporaryName(name: string): boolean {
  return NAME.test(name);
}
