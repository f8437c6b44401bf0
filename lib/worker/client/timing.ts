import { systemClock } from '../../base/clock.ts';

/** The clocks and timers of a worker. Tests pass their own and move it by hand. */
export interface Timing {
  /** The steady clock: milliseconds since some moment. It never goes back, and may stop while the machine sleeps. */
  elapsedMs(): number;
  /** The wall clock: milliseconds since 1970. It runs while the machine sleeps, and jumps when it is set. */
  wallMs(): number;
  /** Runs `callback` once after the time. The returned function cancels it. */
  after(milliseconds: number, callback: () => void): () => void;
}

/** A timer of more milliseconds than this fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemTiming: Timing = {
  elapsedMs: () => performance.now(),
  wallMs: () => systemClock.millis(),
  after(milliseconds, callback) {
    const timer = setTimeout(callback, Math.min(milliseconds, LONGEST_TIMER_MS));
    return () => clearTimeout(timer);
  },
};

/** Resolves after the time, or as soon as the signal is aborted. */
export function pause(
  timing: Timing,
  milliseconds: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise(resolve => {
    const end = (): void => {
      cancel();
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const cancel = timing.after(milliseconds, end);
    signal?.addEventListener('abort', end, { once: true });
  });
}
