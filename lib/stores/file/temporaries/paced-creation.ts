import { createPace } from '../pace.ts';
import type { CreateFile } from './new-file.ts';

export interface PacedCreationParts {
  readonly createNow: (path: string, mode: number) => number;
  readonly createBehind: (path: string, mode: number) => Promise<number>;
  /** A clock that never goes back, in milliseconds. */
  readonly now: () => number;
}

/**
 * Creates files in this thread while that is fast, and in the thread pool while it is slow. On a file system without a
 * journal ext4 looks for an inode that was not deleted in the last minutes: thousands of replaced files make that slow.
 */
export function createPacedCreation(parts: PacedCreationParts): CreateFile {
  const { createNow, createBehind, now } = parts;
  const pace = createPace(now);
  return (path, mode) =>
    pace.isSlow() ? createBehind(path, mode) : pace.time(() => createNow(path, mode));
}
