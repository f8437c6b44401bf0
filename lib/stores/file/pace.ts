/** Tells whether calls of one kind take long now, and so belong into the thread pool. */
export interface Pace {
  /** Whether the next call belongs there. Now and then one does not, because it is to be timed. */
  isSlow(): boolean;
  /** Makes a call in this thread, and times it. */
  time<T>(call: () => T): T;
}

/** A trip through the thread pool costs about half as much. */
export const SLOW_MS = 0.2;
/** While calls are slow, one of so many is timed in this thread. */
export const PROBE_EVERY = 32;
const WEIGHT = 1 / 8;
/** A single pause of the process or the disk does not count for more. */
const LONGEST_MS = 4 * SLOW_MS;

/** Takes a clock that never goes back, in milliseconds. */
export function createPace(now: () => number): Pace {
  let averageMs = 0;
  let untimed = 0;

  return {
    isSlow() {
      if (averageMs <= SLOW_MS) return false;
      untimed = (untimed + 1) % PROBE_EVERY;
      return untimed !== 0;
    },

    time(call) {
      const startedAtMs = now();
      const result = call();
      const tookMs = Math.min(now() - startedAtMs, LONGEST_MS);
      averageMs += (tookMs - averageMs) * WEIGHT;
      return result;
    },
  };
}
