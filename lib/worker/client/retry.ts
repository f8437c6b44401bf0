import pRetry from 'p-retry';
import type { Random } from '../../base/random.ts';
import { isNotStarted, isOutcomeUnknown, retryAfterMsOf } from './problem.ts';
import { pause, type Timing } from './timing.ts';

const FIRST_BACK_OFF_MS = 250;
const LONGEST_BACK_OFF_MS = 10_000;

/** The randomness for jitter. */
export type RandomSource = Pick<Random, 'fraction'>;

export interface RetryPlan {
  readonly timing: Timing;
  readonly random: RandomSource;
  /** How many tries may follow the first; may be Infinity. */
  readonly retries: number;
  /**
   * What is tried again. `safe`: also a call without an answer, because doing it twice has the effect of once.
   * `refused`: only a call that was certainly not carried out.
   */
  readonly repeat: 'safe' | 'refused';
  /** After it is aborted no further try starts. The current try continues, because its answer matters. */
  readonly signal: AbortSignal | undefined;
}

/** Tries until an answer arrives that another try would not change, or until no try is left. */
export function retry<T>(attempt: () => Promise<T>, plan: RetryPlan): Promise<T> {
  const { timing, random, retries, signal } = plan;
  return pRetry(attempt, {
    retries,
    // The pauses are made below: the library supports neither Retry-After nor full jitter.
    minTimeout: 0,
    async shouldRetry({ error, attemptNumber }) {
      const canRetry = isNotStarted(error) || (plan.repeat === 'safe' && isOutcomeUnknown(error));
      if (!canRetry || isAborted(signal)) return false;
      const backOffMs = backOff(random, { attempt: attemptNumber });
      await pause(timing, (retryAfterMsOf(error) ?? 0) + backOffMs, signal);
      return !isAborted(signal);
    },
  });
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/** Milliseconds until the next try: random, up to a limit that doubles with every try. */
export function backOff(
  random: RandomSource,
  {
    attempt,
    firstMs = FIRST_BACK_OFF_MS,
    longestMs = LONGEST_BACK_OFF_MS,
  }: { readonly attempt: number; readonly firstMs?: number; readonly longestMs?: number },
): number {
  return random.fraction() * Math.min(longestMs, firstMs * 2 ** (attempt - 1));
}
