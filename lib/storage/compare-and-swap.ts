import { sameBytes } from '../base/bytes.ts';
import { createKeyedQueue } from '../base/keyed-queue.ts';
import type { Random } from '../base/random.ts';
import { fail, type Result } from '../failure.ts';
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

/** What a decision comes to: new bytes, or that all is well as it is. */
export type Decision<T> =
  | {
      readonly kind: 'write';
      readonly body: Bytes;
      /** Goes with the body where the store keeps labels. */
      readonly label?: string | undefined;
      /** What must be done before the write, each time that it is tried. */
      readonly first?: () => Promise<void>;
      readonly written: (version: Version) => T;
    }
  | { readonly kind: 'keep'; readonly value: T };

export interface ObjectWriter {
  /**
   * Reads, decides, and writes by compare-and-swap; where another writer was faster it decides again
   * on what that one left. `decide` writes nothing and may be called several times.
   */
  change<C extends Versioned, T>(
    key: string,
    task: {
      readonly read: () => Promise<C | null>;
      readonly decide: (current: C | null) => Result<Decision<T>> | Promise<Result<Decision<T>>>;
    },
  ): Promise<Result<T>>;
  /** Removes what is stored, if `allow` lets it go. Absence is for `allow` to refuse. */
  remove<C extends Versioned>(
    key: string,
    task: {
      readonly read: () => Promise<C | null>;
      readonly allow: (current: C | null) => Result<null>;
    },
  ): Promise<Result<null>>;
}

/** Racing processes give way to each other; beyond this many lost races something else is wrong. */
const MAX_ATTEMPTS = 50;
const LONGEST_BACK_OFF_MS = 50;

/** The one place that does compare-and-swap. */
export function createObjectWriter({
  store,
  random,
}: {
  store: ObjectStore;
  random: Random;
}): ObjectWriter {
  // Writers of this process take turns, so that they only ever race those of other processes.
  const queue = createKeyedQueue();

  async function attempts<T>(once: () => Promise<Result<T> | 'lost'>): Promise<Result<T>> {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const outcome = await once();
      if (outcome !== 'lost') return outcome;
      await backOff(attempt);
    }
    return fail({ code: 'store_unavailable', retryAfterSeconds: 1 });
  }

  /** Longer and with jitter as attempts grow in number. */
  function backOff(attempt: number): Promise<void> {
    const milliseconds = random.fraction() * Math.min(2 ** attempt, LONGEST_BACK_OFF_MS);
    return new Promise(resolve => setTimeout(resolve, milliseconds));
  }

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

  return {
    change: (key, { read, decide }) =>
      queue.run(key, () =>
        attempts(async () => {
          const current = await read();
          const decided = await decide(current);
          if (!decided.ok) return decided;
          const decision = decided.value;
          if (decision.kind === 'keep') return { ok: true, value: decision.value };
          await decision.first?.();
          const version = await put(key, decision, preconditionOf(current));
          return version === null ? 'lost' : { ok: true, value: decision.written(version) };
        }),
      ),

    remove: (key, { read, allow }) =>
      queue.run(key, () =>
        attempts(async () => {
          const current = await read();
          const allowed = allow(current);
          if (!allowed.ok) return allowed;
          return (await store.delete(key, preconditionOf(current))) ? allowed : 'lost';
        }),
      ),
  };
}

function preconditionOf(current: Versioned | null): Precondition {
  return current === null ? ABSENT : atVersion(current.version);
}
