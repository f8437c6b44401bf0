import { closeSync, constants, fstatSync, open, openSync, read, readSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Bytes, StoredObject } from '../../store.ts';
import { isMissing } from './errno.ts';
import { type FileStats, statsOf, versionOf } from './stat.ts';

/** A body and the stats of the file from which it was read. */
export interface ReadBody {
  readonly body: Bytes;
  readonly stats: FileStats;
}

// Without O_NONBLOCK, opening a named pipe would wait forever for a writer.
const READ = constants.O_RDONLY | constants.O_NONBLOCK;
const ATTEMPTS = 3;

const openFile = promisify(open);
const readFile = promisify(read);

/** Returns the file's body and version, or null when it does not exist. Rejects with the error of the system. */
export async function readObject(path: string): Promise<StoredObject | null> {
  // Before most jobs are created they are looked for: to open a file that is missing takes a thread and an error.
  if (statsOf(path) === null) return null;
  const fd = await orNull(openFile(path, READ));
  if (fd === null) return null;
  try {
    return await readWhole(fd);
  } finally {
    closeSync(fd);
  }
}

/** Like `readObject`, but synchronous: for many files, where the thread pool costs more than several reads. */
export function readBodySync(path: string): ReadBody | null {
  const fd = openOrNull(path);
  if (fd === null) return null;
  try {
    const stats = fstatSync(fd, { bigint: true });
    if (!stats.isFile()) return null;
    const body = new Uint8Array(Number(stats.size));
    let length = 0;
    while (length < body.byteLength) {
      const bytes = readSync(fd, body, length, body.byteLength - length, null);
      if (bytes === 0) break;
      length += bytes;
    }
    return { body: length === body.byteLength ? body : body.slice(0, length), stats };
  } finally {
    closeSync(fd);
  }
}

// Another program may rewrite the file in place. Bytes read during that may mix two contents.
async function readWhole(fd: number): Promise<StoredObject> {
  let stats = fstatSync(fd, { bigint: true });
  if (!stats.isFile()) throw new Error('it is not a regular file');
  for (let attempt = 1; ; attempt += 1) {
    const body = await readBytes(fd, Number(stats.size));
    const after = fstatSync(fd, { bigint: true });
    const version = versionOf(after);
    if (version === versionOf(stats)) return { body, version };
    if (attempt === ATTEMPTS) throw new Error('it kept changing while it was read');
    stats = after;
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
