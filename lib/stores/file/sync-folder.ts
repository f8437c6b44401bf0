import { closeSync, constants, fsyncSync, openSync } from 'node:fs';

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY;

/** Waits until the names in a folder are on the disk. */
export function syncFolder(path: string): void {
  const fd = openSync(path, FOLDER);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
