import { close, closeSync } from 'node:fs';
import { createPace } from './pace.ts';

/** More than this many are not kept open. */
const MAX_WAITING = 1_024;
/** The thread pool has four threads, and syncs and reads need one at any time. */
const MAX_RUNNING = 3;
/** For each of so many that wait, one more is closed at once. */
const WAITING_PER_THREAD = 64;

const pace = createPace(() => performance.now());
const waiting: number[] = [];
let running = 0;

/**
 * Closes a file that was replaced. That frees its blocks, which may wait for the disk. While it takes long, it runs in the
 * thread pool, as few at once as possible, so that syncs and reads find a thread.
 */
export function closeBehind(fd: number): void {
  if (waiting.length === MAX_WAITING) return closeSync(fd);
  if (!pace.isSlow()) return pace.time(() => closeSync(fd));
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
