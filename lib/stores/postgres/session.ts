import type { Retry } from '../binding/retry.ts';
import type { PostgresClient, SqlRow, Statement } from './client.ts';

/**
 * What the stores of a process may share: data alone, because on edge runtimes each request has a store and connections of its own.
 */
export interface PostgresMemory {
  /** Whether the tables are there. */
  isPrepared: boolean;
  /** Since when the database cannot be reached, on the steady clock. Null where it could be. */
  awaySinceMs: number | null;
  /** Since when it writes nothing, while reads succeed; null where it does. */
  readOnlySinceMs: number | null;
}

/** Runs statements once the tables are there. */
export interface Session {
  /** Retries what may succeed in another try. Only for statements that may be carried out twice. Rejects with a `StoreError`. */
  run(attempt: string, statement: Statement): Promise<readonly SqlRow[]>;
  /** As `run`, of several statements, each in a transaction of its own. */
  tries<T>(attempt: string, task: (run: PostgresClient['run']) => Promise<T>): Promise<T>;
}

export function createSession(
  client: PostgresClient,
  {
    retry,
    prepare,
    memory,
  }: {
    readonly retry: Retry;
    readonly prepare: () => Promise<void>;
    readonly memory: Pick<PostgresMemory, 'isPrepared'>;
  },
): Session {
  let preparing: Promise<void> | null = null;

  /** Once for all that wait. The next call tries again where it fails. */
  function prepared(): Promise<void> {
    preparing ??= prepareOnce();
    return preparing;
  }

  async function prepareOnce(): Promise<void> {
    try {
      await prepare();
      memory.isPrepared = true;
    } finally {
      preparing = null;
    }
  }

  function tries<T>(attempt: string, task: (run: PostgresClient['run']) => Promise<T>): Promise<T> {
    return retry(attempt, async () => {
      if (!memory.isPrepared) await prepared();
      return task(statement => client.run(statement));
    });
  }

  return { tries, run: (attempt, statement) => tries(attempt, run => run(statement)) };
}
