import pRetry from 'p-retry';
import type { Random } from '../../base/random.ts';
import { isTurnedAway, isUnclear, retryAfterMsOf } from './problem.ts';
import { pause, type Timing } from './timing.ts';

const FIRST_BACK_OFF_MS = 250;
const LONGEST_BACK_OFF_MS = 10_000;

/** As much of randomness as spreads pauses. */
export type Chance = Pick<Random, 'fraction'>;

export interface RetryPlan {
  readonly timing: Timing;
  readonly random: Chance;
  /** How many tries may follow the first; may be Infinity. */
  readonly retries: number;
  /**
   * What is tried again. `safe`: whatever was not answered, for to do it twice is to do it once.
   * `refused`: only what was surely not done.
   */
  readonly repeat: 'safe' | 'refused';
  /** Once aborted no further try follows. One that is under way ends by itself, for its answer matters. */
  readonly signal: AbortSignal | undefined;
}

/** Tries until an answer comes that no further try would change. */
export function retry<T>(attempt: () => Promise<T>, plan: RetryPlan): Promise<T> {
  const { timing, random, retries, signal } = plan;
  return pRetry(attempt, {
    retries,
    // The pauses are made below: the library knows neither Retry-After nor jitter down to nothing.
    minTimeout: 0,
    async shouldRetry({ error, attemptNumber }) {
      const worth = isTurnedAway(error) || (plan.repeat === 'safe' && isUnclear(error));
      if (!worth || isAborted(signal)) return false;
      const backOffMs = backOff(random, { attempt: attemptNumber });
      await pause(timing, (retryAfterMsOf(error) ?? 0) + backOffMs, signal);
      return !isAborted(signal);
    },
  });
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/** Milliseconds until the next try: anything up to a limit that doubles with every try. */
export function backOff(
  random: Chance,
  {
    attempt,
    firstMs = FIRST_BACK_OFF_MS,
    longestMs = LONGEST_BACK_OFF_MS,
  }: { readonly attempt: number; readonly firstMs?: number; readonly longestMs?: number },
): number {
  return random.fraction() * Math.min(longestMs, firstMs * 2 ** (attempt - 1));
}
