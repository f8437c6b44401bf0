import { close, closeSync } from 'node:fs';

/** More than this many are not kept open. */
const MAX_WAITING = 256;

const waiting: number[] = [];
let isRunning = false;

/**
 * Closes a file in the thread pool, because the last close of a replaced file frees its blocks, and that may wait for the
 * disk. One at a time, so that syncs and reads do not wait for threads.
 */
export function closeBehind(fd: number): void {
  if (waiting.length === MAX_WAITING) return closeSync(fd);
  waiting.push(fd);
  if (!isRunning) closeNext();
}

function closeNext(): void {
  const fd = waiting.shift();
  isRunning = fd !== undefined;
  if (fd !== undefined) close(fd, closeNext);
}
