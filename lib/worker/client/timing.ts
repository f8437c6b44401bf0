import { systemClock } from '../../base/clock.ts';

/** How a worker tells how much time has passed; injected, so that tests move it by hand. */
export interface Timing {
  /** Milliseconds since some moment. Never goes back, and may stand still while the machine sleeps. */
  elapsedMs(): number;
  /** Milliseconds since 1970. Counts while the machine sleeps, and jumps when somebody sets it. */
  wallMs(): number;
  /** Runs `callback` once, later; what is given back prevents it. */
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

/** Settles after the time, or as soon as a signal is aborted. */
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
