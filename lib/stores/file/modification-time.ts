/** Chooses the modification time of each new file, in nanoseconds since 1970. */
export interface ModificationTimes {
  /** Later than `previous`, the time of the file that is to be replaced; null when there is none. */
  after(previous: bigint | null): bigint;
}

// `futimes` takes a double of seconds, which today tells 0.24 microseconds apart: this step survives it.
const STEP_NS = 2_000n;
const STEPS_PER_MS = 500;
const NS_PER_MS = 1_000_000n;

/**
 * Inode numbers and clock ticks are used again, so two contents of one key could bear the same time,
 * size and inode, and a stale version would pass for the current one. Therefore no file gets a time
 * at or before the one it replaces; and because a deleted file leaves no time behind, writes within
 * one millisecond of the clock differ in its fraction.
 */
export function createModificationTimes(clock: {
  /** Milliseconds since 1970. */
  now(): number;
  /** From 0 up to 1, so that two processes do not count through the same fractions. */
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
