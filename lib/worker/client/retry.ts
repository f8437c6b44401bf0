import type { Random } from '../../base/random.ts';
import { isNotStarted, isOutcomeUnknown, isStaleConnection, retryAfterMsOf } from './problem.ts';
import { pause, type Timing } from './timing.ts';

const FIRST_BACK_OFF_MS = 250;
const LONGEST_BACK_OFF_MS = 10_000;
/** How many tries on connections that the server had closed are followed by the next one without a pause. */
const TRIES_AT_ONCE = 2;

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
export async function retry<T>(attempt: () => Promise<T>, plan: RetryPlan): Promise<T> {
  const { retries, signal } = plan;
  let atOnce = TRIES_AT_ONCE;
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (tries > retries || !canRetry(error, plan) || isAborted(signal)) throw error;
      const isAtOnce = isStaleConnection(error) && atOnce > 0;
      if (isAtOnce) atOnce -= 1;
      else await pauseBefore(tries, error, plan);
      if (isAborted(signal)) throw error;
    }
  }
}

function canRetry(error: unknown, { repeat }: RetryPlan): boolean {
  return isNotStarted(error) || (repeat === 'safe' && isOutcomeUnknown(error));
}

/** A pause of full jitter, after the time that the answer asks for. */
function pauseBefore(tries: number, error: unknown, plan: RetryPlan): Promise<void> {
  const { timing, random, signal } = plan;
  const backOffMs = backOff(random, { attempt: tries });
  return pause(timing, (retryAfterMsOf(error) ?? 0) + backOffMs, signal);
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
