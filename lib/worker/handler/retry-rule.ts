import type { RandomSource } from '../client/retry.ts';

/** When a failed sheet is tried again. */
export interface RetryOptions {
  /** The pause after the first failure in milliseconds, 1000 by default and 500 at least. */
  readonly initialMs?: number | undefined;
  /** By how much each further pause is longer, 2 by default. */
  readonly factor?: number | undefined;
  /** The longest pause without jitter, in milliseconds, 60,000 by default. */
  readonly maximumMs?: number | undefined;
  /** The share of a pause, from 0 to 1, by which it is made longer at random, up to: 0.2 by default. */
  readonly jitter?: number | undefined;
  /** The failure that fails the job, from 1. By default the worker's `maxRetries`, or the sheet's own `max_retries`. */
  readonly attempts?: number | undefined;
}

export interface RetryRule {
  /** Null where the options leave it to the sheet. */
  readonly attempts: number | null;
  /** The pause after so many failures in a row, in milliseconds. Jitter only makes it longer. */
  readonly pauseMs: (failures: number) => number;
}

/** Two pauses are a second: no sheet is tried three times in less. */
const SHORTEST_MS = 500;

/** Throws a `RangeError` for options that are no rule. */
export function createRetryRule(
  { initialMs = 1000, factor = 2, maximumMs = 60_000, jitter = 0.2, attempts }: RetryOptions,
  random: RandomSource,
): RetryRule {
  check(initialMs >= SHORTEST_MS && Number.isFinite(initialMs), 'initialMs', initialMs);
  check(factor >= 1 && Number.isFinite(factor), 'factor', factor);
  check(maximumMs >= initialMs && Number.isFinite(maximumMs), 'maximumMs', maximumMs);
  check(jitter >= 0 && jitter <= 1, 'jitter', jitter);
  check(attempts === undefined || isCount(attempts), 'attempts', attempts);
  return {
    attempts: attempts ?? null,
    pauseMs(failures) {
      const ruleMs = Math.min(maximumMs, initialMs * factor ** (failures - 1));
      return ruleMs * (1 + jitter * random.fraction());
    },
  };
}

function check(isValid: boolean, name: keyof RetryOptions, value: number | undefined): void {
  if (!isValid) throw new RangeError(`Cannot retry with ${name} ${value}`);
}

/** Whether a number may be one of failures: also Infinity, for tries without end. */
function isCount(value: number): boolean {
  return value === Number.POSITIVE_INFINITY || (Number.isInteger(value) && value >= 1);
}
