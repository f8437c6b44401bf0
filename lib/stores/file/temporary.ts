import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  fsync,
  futimesSync,
  openSync,
  unlinkSync,
  write,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';
import { tryLock, unlock } from 'fs-native-extensions';
import type { OnCrashPoint } from './crash-point.ts';
import { hasCode } from './errno.ts';
import { type Permissions, permitFile } from './permissions.ts';

/** A complete body on the disk, under a temporary name. */
export interface Temporary {
  readonly path: string;
  readonly fd: number;
  readonly modifiedAtNs: bigint;
}

/** Writes some of the bytes from `offset` on, at the file's position. Returns how many. */
export type WriteSome = (fd: number, body: Uint8Array, offset: number) => number | Promise<number>;

const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
const SMALL_BYTES = 64 * 1024;
const NAME = /^\.(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|dalsegno-probe-[^/]+)\.tmp$/;

const fsyncFile = promisify(fsync);
const writeFile = promisify(write);

/**
 * Writes the whole body under a new name in the folder, and waits until it is on the disk. The name contains no part
 * of the key, because a key may use all 255 bytes of a name. The file is locked while it is open, so that a cleaner
 * can distinguish it from a stale one. The caller closes it.
 */
export async function writeTemporary(
  folder: string,
  content: {
    readonly body: Uint8Array;
    readonly modifiedAtNs: bigint;
    readonly permissions: Permissions;
    readonly writeSome: WriteSome;
    readonly reach: OnCrashPoint;
  },
): Promise<Temporary> {
  const { body, modifiedAtNs, permissions, writeSome, reach } = content;
  const path = `${folder}/.${randomUUID()}.tmp`;
  // Synchronous, like every call that only uses the kernel's memory: the thread pool costs more.
  const fd = openSync(path, CREATE, permissions.file);
  const temporary = { path, fd, modifiedAtNs };
  try {
    reach('opened');
    // If this fails, a cleaner was faster. The rename then finds the name gone.
    tryLock(fd);
    reach('locked');
    permitFile(fd, permissions);
    await writeAll(fd, body, { writeSome, reach });
    setModifiedAt(fd, modifiedAtNs);
    reach('filled');
    await fsyncFile(fd);
    reach('synced');
    return temporary;
  } catch (error) {
    abandonTemporary(temporary);
    closeSync(fd);
    throw error;
  }
}

/** Releases the lock when the file has the name of its key. From then on writers of the key lock it. */
export function unlockTemporary({ fd }: Temporary): void {
  unlock(fd);
}

/** Gives an open file its modification time. The caller makes it durable with an fsync. */
export function setModifiedAt(fd: number, modifiedAtNs: bigint): void {
  const seconds = Number(modifiedAtNs) / 1e9;
  futimesSync(fd, seconds, seconds);
}

/** Removes a temporary file. It is no error if a cleaner has removed it already. */
export function removeTemporary({ path }: { readonly path: string }): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

/** Like `removeTemporary`, after another failure: a file that cannot be removed now is left to a cleaner. */
export function abandonTemporary(temporary: Temporary): void {
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

/** Writes as much as the system takes in one call. A long body uses the thread pool, so that it blocks no other call. */
export function writeSomeBytes(
  fd: number,
  body: Uint8Array,
  offset: number,
): number | Promise<number> {
  const length = body.byteLength - offset;
  if (length <= SMALL_BYTES) return writeSync(fd, body, offset, length);
  return writeFile(fd, body, offset, length).then(({ bytesWritten }) => bytesWritten);
}

// A write may take fewer bytes than given (a signal, a nearly full disk) without an error.
async function writeAll(
  fd: number,
  body: Uint8Array,
  { writeSome, reach }: { readonly writeSome: WriteSome; readonly reach: OnCrashPoint },
): Promise<void> {
  for (let offset = 0; offset < body.byteLength; ) {
    const bytes = await writeSome(fd, body, offset);
    if (bytes < 1)
      throw new Error(`the disk took none of the last ${body.byteLength - offset} bytes`);
    offset += bytes;
    reach('wrote');
  }
}
