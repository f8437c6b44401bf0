import pRetry from 'p-retry';
import { faultOf, storeError } from './fault.ts';

/** Tries until an answer comes that no further try would change. What fails for good is a `StoreError`. */
export type Retry = <T>(attempt: string, task: () => Promise<T>) => Promise<T>;

export interface RetryOptions {
  /** From 0 up to 1. */
  readonly random: () => number;
  /** Waits so many milliseconds. */
  readonly delay: (ms: number) => Promise<void>;
}

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 3_000;
const OVERALL_MS = 10_000;
// Ends tries that fail at once, where neither pauses nor the clock come to anything.
const MOST_RETRIES = 12;

/** Pauses for anything up to a limit that doubles; no try begins later than ten seconds after the first. */
export function createRetry({ random, delay }: RetryOptions): Retry {
  return (attempt, task) => {
    let pausedMs = 0;

    async function once() {
      try {
        return await task();
      } catch (error) {
        throw storeError(attempt, error);
      }
    }

    return pRetry(once, {
      retries: MOST_RETRIES,
      maxRetryTime: OVERALL_MS,
      // The pauses are made here: the library knows no jitter down to nothing.
      minTimeout: 0,
      async shouldRetry({ error, attemptNumber }) {
        if (faultOf(error.cause) === 'lasting') return false;
        const limitMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attemptNumber - 1));
        const pauseMs = random() * limitMs;
        pausedMs += pauseMs;
        if (pausedMs > OVERALL_MS) return false;
        await delay(pauseMs);
        return true;
      },
    });
  };
}
