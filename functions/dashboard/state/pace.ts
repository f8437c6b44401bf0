/** Limits how much of the time a call takes that grows with what it loads. */
export interface Pace {
  /** Whether the call may run again. */
  isDue(): boolean;
  /** Runs the call. The next one is due when this one was no more than its share of the time; at once if it failed. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Makes the call due now. */
  reset(): void;
}

/** `share` is between 0 and 1: with 0.1 a call of a second runs every ten seconds at most. */
export function createPace({
  share,
  millis,
}: {
  readonly share: number;
  readonly millis: () => number;
}): Pace {
  let dueAt = Number.NEGATIVE_INFINITY;
  return {
    isDue: () => millis() >= dueAt,
    async run(work) {
      const startedAt = millis();
      const result = await work();
      dueAt = startedAt + (millis() - startedAt) / share;
      return result;
    },
    reset() {
      dueAt = Number.NEGATIVE_INFINITY;
    },
  };
}
