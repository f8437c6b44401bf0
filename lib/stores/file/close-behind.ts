import { close, closeSync } from 'node:fs';

/** More than this many are not kept open. */
const MAX_WAITING = 1_024;
/** The thread pool has four threads, and syncs and reads need one at any time. */
const MAX_RUNNING = 3;
/** For each of so many that wait, one more is closed at once. */
const WAITING_PER_THREAD = 64;

const waiting: number[] = [];
let running = 0;

/**
 * Closes a file in the thread pool, because the last close of a replaced file frees its blocks, and that may wait for the
 * disk. As few at once as possible, so that syncs and reads find a thread.
 */
export function closeBehind(fd: number): void {
  if (waiting.length === MAX_WAITING) return closeSync(fd);
  waiting.push(fd);
  const wanted = Math.min(MAX_RUNNING, 1 + Math.floor(waiting.length / WAITING_PER_THREAD));
  if (running >= wanted) return;
  running += 1;
  closeNext();
}

function closeNext(): void {
  const fd = waiting.shift();
  if (fd === undefined) running -= 1;
  else close(fd, closeNext);
}
