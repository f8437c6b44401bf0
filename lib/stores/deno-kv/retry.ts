import pRetry from 'p-retry';
import { StoreError } from '../../store.ts';

/** As much of randomness as the store needs. */
export interface Chance {
  /** From 0 up to 1. */
  fraction(): number;
  /** Letters and digits that no one else has. */
  id(): string;
}

/** Waits so many milliseconds. */
export type Delay = (ms: number) => Promise<void>;

/** Carries an operation out on the medium, again and again while the medium is busy. */
export type Attempt = <T>(what: string, task: () => Promise<T>) => Promise<T>;

const RETRIES = 20;
const FIRST_BACK_OFF_MS = 4;
const LONGEST_BACK_OFF_MS = 500;

/**
 * What fails becomes a `StoreError`. Tried again is only what was surely not done: SQLite says so when it
 * is busy. Any other failure of a commit may have come after the commit.
 */
export function createAttempt(chance: Pick<Chance, 'fraction'>, delay: Delay): Attempt {
  return async (what, task) => {
    try {
      return await pRetry(() => task(), {
        retries: RETRIES,
        minTimeout: 0,
        async shouldRetry({ error, attemptNumber, retriesLeft }) {
          if (!isBusy(error) || retriesLeft === 0) return false;
          const limitMs = Math.min(LONGEST_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** attemptNumber);
          await delay(chance.fraction() * limitMs);
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

/** The first line: `@deno/kv` puts a stack of its own behind it. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n', 1)[0] ?? text;
}

export const systemDelay: Delay = ms => new Promise(resolve => setTimeout(resolve, ms));
