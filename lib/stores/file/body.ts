import { closeSync, constants, fstatSync, open, openSync, read, readSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Bytes, StoredObject } from '../../store.ts';
import { isMissing } from './errno.ts';
import { type Stamp, versionOf } from './stat.ts';

/** A body and the stamp of the very file it was read from. */
export interface ReadBody {
  readonly body: Bytes;
  readonly stamp: Stamp;
}

// Without O_NONBLOCK the opening of a named pipe would wait for a writer, for ever.
const READ = constants.O_RDONLY | constants.O_NONBLOCK;
const ATTEMPTS = 3;

const openFile = promisify(open);
const readFile = promisify(read);

/** The file's body and version, or null when there is none. Fails with the system's own error. */
export async function readObject(path: string): Promise<StoredObject | null> {
  const fd = await orNull(openFile(path, READ));
  if (fd === null) return null;
  try {
    return await readWhole(fd);
  } finally {
    closeSync(fd);
  }
}

/** As `readObject`, at once: for many files, where trips through the thread pool cost several reads. */
export function readBodySync(path: string): ReadBody | null {
  const fd = openOrNull(path);
  if (fd === null) return null;
  try {
    const stamp = fstatSync(fd, { bigint: true });
    if (!stamp.isFile()) return null;
    const body = new Uint8Array(Number(stamp.size));
    let length = 0;
    while (length < body.byteLength) {
      const bytes = readSync(fd, body, length, body.byteLength - length, null);
      if (bytes === 0) break;
      length += bytes;
    }
    return { body: length === body.byteLength ? body : body.slice(0, length), stamp };
  } finally {
    closeSync(fd);
  }
}

// Another program may rewrite the file in place: what was read while it changed is no one content.
async function readWhole(fd: number): Promise<StoredObject> {
  let stamp = fstatSync(fd, { bigint: true });
  if (!stamp.isFile()) throw new Error('it is not a regular file');
  for (let attempt = 1; ; attempt += 1) {
    const body = await readBytes(fd, Number(stamp.size));
    const after = fstatSync(fd, { bigint: true });
    const version = versionOf(after);
    if (version === versionOf(stamp)) return { body, version };
    if (attempt === ATTEMPTS) throw new Error('it kept changing while it was read');
    stamp = after;
  }
}

async function readBytes(fd: number, size: number): Promise<Bytes> {
  const body = new Uint8Array(size);
  let length = 0;
  while (length < size) {
    const { bytesRead } = await readFile(fd, body, length, size - length, length);
    if (bytesRead === 0) return body.slice(0, length);
    length += bytesRead;
  }
  return body;
}

async function orNull(opening: Promise<number>): Promise<number | null> {
  try {
    return await opening;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function openOrNull(path: string): number | null {
  try {
    return openSync(path, READ);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}
