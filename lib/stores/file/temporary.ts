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
import type { Steps } from './crash-point.ts';
import { hasCode } from './errno.ts';
import { type Permissions, permitFile } from './permissions.ts';

/** A whole body on the disk under a name of its own, not yet under the name of its key. */
export interface Temporary {
  readonly path: string;
  readonly fd: number;
  readonly modifiedAtNs: bigint;
}

/** Writes some of the bytes from `offset` on, at the file's position, and says how many. */
export type WriteSome = (fd: number, body: Uint8Array, offset: number) => number | Promise<number>;

const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
const SMALL_BYTES = 64 * 1024;
const NAME = /^\.(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|dalsegno-probe-[^/]+)\.tmp$/;

const fsyncFile = promisify(fsync);
const writeFile = promisify(write);

/**
 * Writes the body under a new name in the folder, every byte, and waits until it is on the disk. The
 * name bears nothing of the key, which may fill the 255 bytes of a name by itself. The file is locked
 * while it is open, so that a cleaner can tell it from a leftover. The caller closes it.
 */
export async function writeTemporary(
  folder: string,
  content: {
    readonly body: Uint8Array;
    readonly modifiedAtNs: bigint;
    readonly permissions: Permissions;
    readonly writeSome: WriteSome;
    readonly step: Steps;
  },
): Promise<Temporary> {
  const { body, modifiedAtNs, permissions, writeSome, step } = content;
  const path = `${folder}/.${randomUUID()}.tmp`;
  // Synchronous, as all that only touches the kernel's memory is: the trip through the pool costs more.
  const fd = openSync(path, CREATE, permissions.file);
  const temporary = { path, fd, modifiedAtNs };
  try {
    step('opened');
    // A refusal means that a cleaner got here first; the rename will find the name gone.
    tryLock(fd);
    step('locked');
    permitFile(fd, permissions);
    await writeAll(fd, body, { writeSome, step });
    setModifiedAt(fd, modifiedAtNs);
    step('filled');
    await fsyncFile(fd);
    step('synced');
    return temporary;
  } catch (error) {
    abandonTemporary(temporary);
    closeSync(fd);
    throw error;
  }
}

/** Lets go of the lock, once the file has the name of its key: from then on writers of the key lock it. */
export function unlockTemporary({ fd }: Temporary): void {
  unlock(fd);
}

/** Gives an open file its modification time; the caller makes it last with an fsync. */
export function setModifiedAt(fd: number, modifiedAtNs: bigint): void {
  const seconds = Number(modifiedAtNs) / 1e9;
  futimesSync(fd, seconds, seconds);
}

/** Removes the name of a temporary; one that a cleaner has removed already is no fault. */
export function removeTemporary({ path }: { readonly path: string }): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

/** As `removeTemporary`, on a disk that fails already: what cannot be removed now is for a cleaner. */
export function abandonTemporary(temporary: Temporary): void {
  try {
    removeTemporary(temporary);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}

/** The name of a probe, which is temporary as well. */
export function probeName(name: string): string {
  return `.dalsegno-probe-${name}.tmp`;
}

export function isTemporaryName(name: string): boolean {
  return NAME.test(name);
}

/** Writes what the system takes at once; a long body goes through the pool, so that nobody waits for it. */
export function writeSomeBytes(
  fd: number,
  body: Uint8Array,
  offset: number,
): number | Promise<number> {
  const length = body.byteLength - offset;
  if (length <= SMALL_BYTES) return writeSync(fd, body, offset, length);
  return writeFile(fd, body, offset, length).then(({ bytesWritten }) => bytesWritten);
}

// A write may take fewer bytes than it was given (a signal, a nearly full disk) and say no more.
async function writeAll(
  fd: number,
  body: Uint8Array,
  { writeSome, step }: { readonly writeSome: WriteSome; readonly step: Steps },
): Promise<void> {
  for (let offset = 0; offset < body.byteLength; ) {
    const bytes = await writeSome(fd, body, offset);
    if (bytes < 1)
      throw new Error(`the disk took none of the last ${body.byteLength - offset} bytes`);
    offset += bytes;
    step('wrote');
  }
}
