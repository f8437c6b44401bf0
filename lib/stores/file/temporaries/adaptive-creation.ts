import type { CreateFile } from './new-file.ts';

export interface AdaptiveCreationParts {
  readonly createNow: (path: string, mode: number) => number;
  readonly createBehind: (path: string, mode: number) => Promise<number>;
  /** A clock that never goes back, in milliseconds. */
  readonly now: () => number;
}

/** A trip through the thread pool costs about half as much. */
export const SLOW_MS = 0.2;
/** While creations are slow, one of so many is timed in this thread. */
export const PROBE_EVERY = 32;
const WEIGHT = 1 / 8;
/** A single pause of the process or the disk does not count for more. */
const LONGEST_MS = 4 * SLOW_MS;

/**
 * Creates files in this thread while that is fast, and in the thread pool while it is slow. On a file system without a
 * journal ext4 looks for an inode that was not deleted in the last minutes: thousands of replaced files make that slow.
 */
export function createAdaptiveCreation(parts: AdaptiveCreationParts): CreateFile {
  const { createNow, createBehind, now } = parts;
  let averageMs = 0;
  let untimed = 0;

  return (path, mode) => {
    if (averageMs > SLOW_MS && untimed + 1 < PROBE_EVERY) {
      untimed += 1;
      return createBehind(path, mode);
    }
    untimed = 0;
    const startedAtMs = now();
    const fd = createNow(path, mode);
    const tookMs = Math.min(now() - startedAtMs, LONGEST_MS);
    averageMs += (tookMs - averageMs) * WEIGHT;
    return fd;
  };
}
