import { signal } from '@preact/signals';
import { systemClock } from '../../../lib/base/clock.ts';
import { millisOf } from '../text/instant.ts';

/** How far the clock of the service is ahead of that of this machine. */
const offset = signal(0);

/** The time of the service in milliseconds, as of the last tick. What shows times reads it. */
export const now = signal(systemClock.millis());

const TICK_MS = 1_000;
/** A smaller difference is the way of the answer, and would let the bars jump. */
const TOLERANCE_MS = 1_000;

/** Milliseconds since 1970 on this machine. */
export function localMillis(): number {
  return systemClock.millis();
}

/** Learns the time of the service from an answer that took from `sentAt` to now. */
export function noteServerTime(serverTime: string | undefined, sentAt: number): void {
  const millis = millisOf(serverTime);
  if (millis === null) return;
  const difference = millis - (sentAt + localMillis()) / 2;
  if (Math.abs(difference - offset.peek()) > TOLERANCE_MS) offset.value = difference;
  tick();
}

/** Moves `now` every second while the page can be seen. */
export function startClock(): void {
  setInterval(() => {
    if (!document.hidden) tick();
  }, TICK_MS);
  document.addEventListener('visibilitychange', tick);
}

function tick(): void {
  now.value = localMillis() + offset.peek();
}
