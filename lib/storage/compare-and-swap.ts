import { sameBytes } from '../base/bytes.ts';
import { createKeyedQueue } from '../base/keyed-queue.ts';
import type { Random } from '../base/random.ts';
import { unreachable } from '../base/unreachable.ts';
import { fail, ok, type Result } from '../failure.ts';
import {
  ABSENT,
  atVersion,
  type Bytes,
  type ObjectStore,
  type Precondition,
  StoreError,
  type Version,
} from '../store.ts';

/** What is stored, as its reader knows it. */
interface Versioned {
  readonly version: Version;
}

/** What a decision comes to. */
export type Decision<T> =
  | {
      readonly kind: 'write';
      readonly body: Bytes;
      /** Goes with the body where the store keeps labels. */
      readonly label?: string | undefined;
      /** What must be done before the write, each time that it is tried. */
      readonly first?: () => Promise<void>;
      readonly written: (version: Version) => T;
      /** What is done once the write has happened. */
      readonly after?: () => Promise<void>;
    }
  | {
      readonly kind: 'delete';
      readonly deleted: () => T;
      readonly after?: () => Promise<void>;
    }
  | { readonly kind: 'keep'; readonly value: T }
  /** Something else comes first, without a turn at the key; then the decision is made again. */
  | { readonly kind: 'wait'; readonly task: () => Promise<Result<null>> };

export interface ObjectWriter {
  /**
   * Reads, decides, and writes or deletes by compare-and-swap; where another writer was faster it decides
   * again on what that one left. `decide` writes nothing and may be called several times. Failure:
   * `store_unavailable` after too many lost races.
   */
  change<C extends Versioned, T>(
    key: string,
    task: {
      readonly read: () => Promise<C | null>;
      readonly decide: (current: C | null) => Result<Decision<T>> | Promise<Result<Decision<T>>>;
    },
  ): Promise<Result<T>>;
}

/** What one try came to: a result, or that it has to be tried again, after a pause where a race was lost. */
type Tried<T> = Result<T> | 'again' | 'lost';

/** Racing processes give way to each other; beyond this many lost races something else is wrong. */
const MAX_ATTEMPTS = 50;
const LONGEST_BACK_OFF_MS = 50;

/** Runs a task until it has a result: the one retry loop. Failure: `store_unavailable`. */
export type Retry = <T>(once: () => Promise<Tried<T>>) => Promise<Result<T>>;

export function createRetry(random: Random): Retry {
  /** Longer and with jitter as attempts grow in number. */
  function backOff(attempt: number): Promise<void> {
    const milliseconds = random.fraction() * Math.min(2 ** attempt, LONGEST_BACK_OFF_MS);
    return new Promise(resolve => setTimeout(resolve, milliseconds));
  }

  return async once => {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const tried = await once();
      if (tried !== 'again' && tried !== 'lost') return tried;
      if (tried === 'lost') await backOff(attempt);
    }
    return fail({ code: 'store_unavailable', retryAfterSeconds: 1 });
  };
}

/** What a turn at a key came to: a value, with what is to be done after the turn, or a task that comes first. */
type Turn<T> =
  | { readonly kind: 'done'; readonly value: T; readonly after?: (() => Promise<void>) | undefined }
  | Extract<Decision<T>, { kind: 'wait' }>;

/** The one place that does compare-and-swap. */
export function createObjectWriter({
  store,
  retry,
}: {
  store: ObjectStore;
  retry: Retry;
}): ObjectWriter {
  // Writers of this process take turns, so that they only ever race those of other processes.
  const queue = createKeyedQueue();

  /**
   * A put whose answer was lost may have happened. What is stored then tells: if it is what was to be
   * written, it is written once more over itself, so that the answer is one of the store's own and what
   * it says of durability holds.
   */
  async function put(
    key: string,
    { body, label }: { readonly body: Bytes; readonly label?: string | undefined },
    precondition: Precondition,
  ): Promise<Version | null> {
    try {
      return await store.put(key, body, precondition, label);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      const stored = await store.get(key);
      if (stored === null || !sameBytes(stored.body, body)) throw error;
      const settled = await store.put(key, body, atVersion(stored.version), label);
      // Refused, another writer has gone on from what was written here: it happened all the same.
      return settled ?? stored.version;
    }
  }

  async function carryOut<T>(
    key: string,
    decision: Decision<T>,
    precondition: Precondition,
  ): Promise<Tried<Turn<T>>> {
    switch (decision.kind) {
      case 'keep':
        return ok({ kind: 'done', value: decision.value });
      case 'wait':
        return ok(decision);
      case 'delete': {
        const isDeleted = await store.delete(key, precondition);
        return isDeleted
          ? ok({ kind: 'done', value: decision.deleted(), after: decision.after })
          : 'lost';
      }
      case 'write': {
        await decision.first?.();
        const version = await put(key, decision, precondition);
        return version === null
          ? 'lost'
          : ok({ kind: 'done', value: decision.written(version), after: decision.after });
      }
      default:
        return unreachable(decision);
    }
  }

  return {
    change: (key, { read, decide }) =>
      retry(async () => {
        const turn = await queue.run(key, () =>
          retry(async () => {
            const current = await read();
            const decided = await decide(current);
            if (!decided.ok) return decided;
            return carryOut(key, decided.value, preconditionOf(current));
          }),
        );
        if (!turn.ok) return turn;
        if (turn.value.kind === 'done') {
          await turn.value.after?.();
          return ok(turn.value.value);
        }
        const waited = await turn.value.task();
        return waited.ok ? 'again' : waited;
      }),
  };
}

function preconditionOf(current: Versioned | null): Precondition {
  return current === null ? ABSENT : atVersion(current.version);
}
