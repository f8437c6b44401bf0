import pRetry from 'p-retry';
import { storeError } from './fault.ts';

/** Tries until another try would not change the result. A lasting failure becomes a `StoreError`. */
export type Retry = <T>(attempt: string, task: () => Promise<T>) => Promise<T>;

/** How to pause between two tries. The defaults are the platform's. */
export interface RetryTiming {
  /** From 0 up to 1: spreads the pauses. */
  readonly random?: () => number;
  /** Waits the given number of milliseconds. */
  readonly delay?: (ms: number) => Promise<void>;
}

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 3_000;
const OVERALL_MS = 10_000;
// Ends a series of immediate failures, where the pauses and the clock add up to almost nothing.
const MOST_RETRIES = 12;

/**
 * Pauses for a random time up to a limit that doubles. No try begins later than ten seconds after the first.
 * `isTransient` receives an error of the medium, and returns whether another try may end differently. `askedMs` returns how long
 * the medium asked to wait with it; where that is too long there is no other try.
 */
export function createRetry(
  { random = cryptoRandom, delay = wait }: RetryTiming,
  isTransient: (error: unknown) => boolean,
  askedMs: (error: unknown) => number = () => 0,
): Retry {
  /** After a first try that failed so, which began so long ago. */
  function tryAgain<T>(first: Error, sinceMs: number, once: () => Promise<T>): Promise<T> {
    let pausedMs = 0;
    let isFirst = true;

    async function next(): Promise<T> {
      if (!isFirst) return once();
      isFirst = false;
      throw first;
    }

    return pRetry(next, {
      retries: MOST_RETRIES,
      maxRetryTime: Math.max(0, OVERALL_MS - sinceMs),
      // `shouldRetry` makes the pauses, because the library has no jitter down to zero.
      minTimeout: 0,
      async shouldRetry({ error, attemptNumber }) {
        if (!isTransient(error.cause)) return false;
        const limitMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attemptNumber - 1));
        const pauseMs = Math.max(random() * limitMs, askedMs(error.cause));
        pausedMs += pauseMs;
        if (pausedMs > OVERALL_MS) return false;
        await delay(pauseMs);
        return true;
      },
    });
  }

  return async (attempt, task) => {
    const startedAt = performance.now();
    try {
      return await task();
    } catch (error) {
      // Only now: what the library makes for every call would take longer than the rest of a first try that succeeds.
      return tryAgain(storeError(attempt, error), performance.now() - startedAt, async () => {
        try {
          return await task();
        } catch (later) {
          throw storeError(attempt, later);
        }
      });
    }
  };
}

function cryptoRandom(): number {
  const [word = 0] = crypto.getRandomValues(new Uint32Array(1));
  return word / 2 ** 32;
}

function wait(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms));
}
