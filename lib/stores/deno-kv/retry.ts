import pRetry from 'p-retry';
import { StoreError } from '../../store.ts';

/** The randomness that the store needs. */
export interface RandomLike {
  /** From 0 up to 1. */
  fraction(): number;
  /** A unique text of letters and digits. */
  id(): string;
}

/** Waits the given number of milliseconds. */
export type Delay = (ms: number) => Promise<void>;

/** Runs an operation on the medium, and repeats it while the medium is busy. */
export type Retry = <T>(what: string, task: () => Promise<T>) => Promise<T>;

const RETRIES = 20;
const FIRST_BACK_OFF_MS = 4;
const LONGEST_BACK_OFF_MS = 500;

/**
 * A failure becomes a `StoreError`. An operation is repeated only if it certainly did not happen: SQLite reports that
 * it is busy. Any other failure of a commit may have happened after the commit.
 */
export function createRetry(random: Pick<RandomLike, 'fraction'>, delay: Delay): Retry {
  return async (what, task) => {
    try {
      return await pRetry(() => task(), {
        retries: RETRIES,
        minTimeout: 0,
        async shouldRetry({ error, attemptNumber, retriesLeft }) {
          if (!isBusy(error) || retriesLeft === 0) return false;
          const limitMs = Math.min(LONGEST_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** attemptNumber);
          await delay(random.fraction() * limitMs);
          return true;
        },
      });
    } catch (error) {
      throw storeError(what, error);
    }
  };
}

function storeError(what: string, cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause;
  return new StoreError(`Cannot ${what}: ${reasonOf(cause)}`, { cause });
}

function isBusy(error: unknown): boolean {
  return /database (?:table )?is locked|SQLITE_BUSY/i.test(reasonOf(error));
}

/** The first line, because `@deno/kv` adds its own stack after it. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n', 1)[0] ?? text;
}

export const systemDelay: Delay = ms => new Promise(resolve => setTimeout(resolve, ms));
