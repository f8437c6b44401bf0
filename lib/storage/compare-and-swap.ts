import { sameBytes } from '../base/bytes.ts';
import { createKeyedQueue } from '../base/keyed-queue.ts';
import { type Pause, systemPause } from '../base/pause.ts';
import type { Random } from '../base/random.ts';
import { unreachable } from '../base/unreachable.ts';
import { fail, ok, type Result } from '../failure.ts';
import {
  ABSENT,
  atVersion,
  type Bytes,
  type Durability,
  type ObjectStore,
  type Precondition,
  StoreError,
  type Version,
} from '../store.ts';

/** A stored object, as its reader returns it. */
interface Versioned {
  readonly version: Version;
}

/** What to do with a stored object. */
export type Decision<T> =
  | {
      readonly kind: 'write';
      readonly body: Bytes;
      /** Stored with the body if the store keeps labels. */
      readonly label?: string | undefined;
      /** Durable, unless said otherwise. */
      readonly durability?: Durability;
      /** Runs before each try of the write. */
      readonly first?: () => Promise<void>;
      readonly written: (version: Version) => T;
      /** Runs once the write has happened. */
      readonly after?: () => Promise<void>;
    }
  | {
      readonly kind: 'delete';
      /** Durable, unless said otherwise. */
      readonly durability?: Durability;
      readonly deleted: () => T;
      readonly after?: () => Promise<void>;
    }
  | { readonly kind: 'keep'; readonly value: T }
  /** Runs the task outside the queue of the key, then decides again. */
  | { readonly kind: 'wait'; readonly task: () => Promise<Result<null>> };

export interface ObjectWriter {
  /**
   * Reads, decides, and writes or deletes by compare-and-swap. If another writer was faster, it reads and decides
   * again. `decide` writes nothing and may run several times. Failure: `store_unavailable` after too many lost
   * races.
   */
  change<C extends Versioned, T>(
    key: string,
    task: {
      readonly read: () => Promise<C | null>;
      readonly decide: (current: C | null) => Result<Decision<T>> | Promise<Result<Decision<T>>>;
    },
  ): Promise<Result<T>>;
}

/** The outcome of one try: a result, or another try is needed. After a lost race a pause comes first. */
type Attempt<T> = Result<T> | 'again' | 'lost';

/** Racing processes back off. After this many lost races, the cause must be something else. */
const MAX_ATTEMPTS = 50;
const LONGEST_BACK_OFF_MS = 50;

/** Runs a task until it has a result. All retries go through here. Failure: `store_unavailable`. */
export type Retry = <T>(once: () => Promise<Attempt<T>>) => Promise<Result<T>>;

export function createRetry(random: Random, pause: Pause = systemPause): Retry {
  /** Doubles with every attempt up to a limit, with jitter. */
  function backOff(attempt: number): Promise<void> {
    return pause(random.fraction() * Math.min(2 ** attempt, LONGEST_BACK_OFF_MS));
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

/** The outcome of a turn in the queue of a key: a value, with a task for after the turn, or a task to run first. */
type Turn<T> =
  | { readonly kind: 'done'; readonly value: T; readonly after?: (() => Promise<void>) | undefined }
  | Extract<Decision<T>, { kind: 'wait' }>;

/** All compare-and-swap writes go through here. */
export function createObjectWriter({
  store,
  retry,
}: {
  store: ObjectStore;
  retry: Retry;
}): ObjectWriter {
  // Writers of this process take turns at a key, so they race only with other processes.
  const queue = createKeyedQueue();

  /**
   * A put whose answer was lost may have been stored. It was stored if the stored bytes are the new ones. They
   * are then written again over themselves, so that the store itself confirms that they are durable.
   */
  async function put(
    key: string,
    {
      body,
      label,
      durability,
    }: Pick<Extract<Decision<unknown>, { kind: 'write' }>, 'body' | 'label' | 'durability'>,
    precondition: Precondition,
  ): Promise<Version | null> {
    try {
      return await store.put(key, body, precondition, label, durability);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      const stored = await store.get(key);
      if (stored === null || !sameBytes(stored.body, body)) throw error;
      const settled = await store.put(key, body, atVersion(stored.version), label, durability);
      // A refusal means that another writer has replaced the new bytes: they were stored all the same.
      return settled ?? stored.version;
    }
  }

  async function carryOut<T>(
    key: string,
    decision: Decision<T>,
    precondition: Precondition,
  ): Promise<Attempt<Turn<T>>> {
    switch (decision.kind) {
      case 'keep':
        return ok({ kind: 'done', value: decision.value });
      case 'wait':
        return ok(decision);
      case 'delete': {
        const isDeleted = await store.delete(key, precondition, decision.durability);
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
