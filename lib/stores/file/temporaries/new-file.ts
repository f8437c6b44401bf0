import { randomUUID } from 'node:crypto';
import { constants, open, openSync } from 'node:fs';
import { promisify } from 'node:util';

/** An empty file, open for writing. */
export interface NewFile {
  readonly path: string;
  readonly fd: number;
}

/** Creates a file. Fails with the error of the system, also if the name is taken. */
export type CreateFile = (path: string, mode: number) => number | Promise<number>;

export const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;

const openFile = promisify(open);

/** Creates a file in this thread. */
export function createFileNow(path: string, mode: number): number {
  return openSync(path, CREATE, mode);
}

/** Creates a file in the thread pool. */
export function createFileBehind(path: string, mode: number): Promise<number> {
  return openFile(path, CREATE, mode);
}

/** Creates a file under a temporary name. */
export function createTemporaryIn(folder: string, mode: number): NewFile {
  const path = `${folder}/${temporaryName()}`;
  return { path, fd: createFileNow(path, mode) };
}

/** Contains no part of the key, because a key may use all 255 bytes of a name. */
export function temporaryName(): string {
  return `.${randomUUID()}.tmp`;
}
