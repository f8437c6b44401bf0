import { write, writeSync, writev } from 'node:fs';
import { promisify } from 'node:util';
import type { Body } from '../../../store.ts';
import { byteLengthOf, partsOf } from '../../parts.ts';
import type { OnCrashPoint } from '../crash-point.ts';

/** Writes some of the bytes from `offset` on, at the file's position. Returns how many. */
export type WriteSome = (fd: number, body: Uint8Array, offset: number) => number | Promise<number>;
/** Writes some of the bytes of the parts, from the first on, at the file's position. Returns how many. */
export type WriteParts = (fd: number, parts: readonly Uint8Array[]) => Promise<number>;

export interface WriteCalls {
  readonly writeSome: WriteSome;
  readonly writeParts: WriteParts;
}

const SMALL_BYTES = 64 * 1024;

const writeFile = promisify(write);
const writeVector = promisify(writev);

export const SYSTEM_WRITES: WriteCalls = { writeSome: writeSomeBytes, writeParts: writeSomeParts };

/** Writes as much as the system takes in one call. A long body uses the thread pool, so that it blocks no other call. */
function writeSomeBytes(fd: number, body: Uint8Array, offset: number): number | Promise<number> {
  const length = body.byteLength - offset;
  if (length <= SMALL_BYTES) return writeSync(fd, body, offset, length);
  return writeFile(fd, body, offset, length).then(({ bytesWritten }) => bytesWritten);
}

/** The system takes all of them in one call or several, and copies none of them before. */
async function writeSomeParts(fd: number, parts: readonly Uint8Array[]): Promise<number> {
  const { bytesWritten } = await writeVector(fd, parts);
  return bytesWritten;
}

/** A write may take fewer bytes than given (a signal, a nearly full disk) without an error. */
export async function writeAll(
  fd: number,
  body: Body,
  { writeSome, writeParts, reach }: WriteCalls & { readonly reach: OnCrashPoint },
): Promise<void> {
  let parts = partsOf(body);
  while (parts.length > 1) {
    const bytes = await writeParts(fd, parts);
    requireProgress(bytes, parts);
    parts = behind(parts, bytes);
    reach('wrote');
  }
  const [last = NOTHING] = parts;
  for (let offset = 0; offset < last.byteLength; ) {
    const bytes = await writeSome(fd, last, offset);
    requireProgress(bytes, [last.subarray(offset)]);
    offset += bytes;
    reach('wrote');
  }
}

const NOTHING = new Uint8Array();

function requireProgress(bytes: number, parts: readonly Uint8Array[]): void {
  if (bytes < 1) throw new Error(`the disk took none of the last ${byteLengthOf(parts)} bytes`);
}

/** The parts without so many of their first bytes. */
function behind(parts: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let left = bytes;
  for (const [index, part] of parts.entries()) {
    if (part.byteLength > left) return [part.subarray(left), ...parts.slice(index + 1)];
    left -= part.byteLength;
  }
  return [];
}
