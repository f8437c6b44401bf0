import pRetry from 'p-retry';
import { storeError } from './fault.ts';

/** Tries until an answer comes that no further try would change. What fails for good is a `StoreError`. */
export type Retry = <T>(attempt: string, task: () => Promise<T>) => Promise<T>;

/** How the time between two tries passes; the platform's own where it is left out. */
export interface Patience {
  /** From 0 up to 1: spreads the pauses. */
  readonly random?: () => number;
  /** Waits so many milliseconds. */
  readonly delay?: (ms: number) => Promise<void>;
}

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 3_000;
const OVERALL_MS = 10_000;
// Ends tries that fail at once, where neither pauses nor the clock come to anything.
const MOST_RETRIES = 12;

/**
 * Pauses for anything up to a limit that doubles; no try begins later than ten seconds after the first.
 * `mayPass` is of the errors of the medium: whether a further try may end otherwise.
 */
export function createRetry(
  { random = cryptoRandom, delay = wait }: Patience,
  mayPass: (error: unknown) => boolean,
): Retry {
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
        if (!mayPass(error.cause)) return false;
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

function cryptoRandom(): number {
  const [word = 0] = crypto.getRandomValues(new Uint32Array(1));
  return word / 2 ** 32;
}

function wait(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms));
}
