/** Chooses the modification time of each new file, in nanoseconds since 1970. */
export interface ModificationTimes {
  /** Returns a time later than `previous`, the time of the file to replace; null when no file exists. */
  after(previous: bigint | null): bigint;
}

// `futimes` takes seconds as a double, which resolves 0.24 microseconds today. This step is larger than that.
const STEP_NS = 2_000n;
const STEPS_PER_MS = 500;
const NS_PER_MS = 1_000_000n;

/**
 * Inode numbers and clock ticks are reused. So two contents of one key could have the same time, size and inode, and
 * a stale version would equal the current one. Therefore a new file gets a later time than the file it replaces.
 * A deleted file leaves no time behind, so writes within one millisecond of the clock differ in its fraction.
 */
export function createModificationTimes(clock: {
  /** Milliseconds since 1970. */
  now(): number;
  /** From 0 up to 1, so that two processes do not use the same fractions. */
  random(): number;
}): ModificationTimes {
  let step = Math.floor(clock.random() * STEPS_PER_MS);

  return {
    after(previous) {
      step = (step + 1) % STEPS_PER_MS;
      const present = BigInt(Math.floor(clock.now())) * NS_PER_MS + BigInt(step) * STEP_NS;
      if (previous === null || previous < present) return present;
      return previous + STEP_NS;
    },
  };
}
