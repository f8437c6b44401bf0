import { close } from 'node:fs';

/** More than this many are not kept waiting. */
const MAX_WAITING = 64;

const waiting: number[] = [];
let isRunning = false;

/**
 * Closes a file in the thread pool, because the last close of a replaced file frees its blocks, and that may wait for the
 * disk. One at a time, so that syncs and reads do not wait for threads.
 */
export function closeBehind(fd: number): void {
  if (isRunning && waiting.length < MAX_WAITING) {
    waiting.push(fd);
    return;
  }
  isRunning = true;
  close(fd, () => {
    isRunning = false;
    const next = waiting.shift();
    if (next !== undefined) closeBehind(next);
  });
}
