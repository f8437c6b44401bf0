import { createKeyedQueue } from '../base/keyed-queue.ts';
import { ok, type Result } from '../failure.ts';
import type { ObjectStore, Version } from '../store.ts';
import type { Content, Versioned } from './commit/confirmed-swap.ts';
import { createCommit } from './commit/group-commit.ts';
import { attemptOf } from './commit/grouped-writer.ts';
import type { Retry } from './commit/retry.ts';
import { type ChangeDecision, waitingChange } from './commit/waiting-change.ts';

/** What to do with a stored object. */
export type Decision<T> =
  | ({
      readonly kind: 'write';
      /** Runs before each try of the write. */
      readonly first?: () => Promise<void>;
      readonly written: (version: Version) => T;
    } & Content)
  | Extract<ChangeDecision<never, T>, { kind: 'delete' | 'keep' }>;

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
      readonly decide: (current: C | null) => Result<Decision<T>>;
    },
  ): Promise<Result<T>>;
}

/** The compare-and-swap writes of all objects but jobs, each on its own. */
export function createObjectWriter(parts: { store: ObjectStore; retry: Retry }): ObjectWriter {
  const commit = createCommit({ ...parts, pace: null });
  // Writers of this process take turns at a key, so they race only with other processes.
  const queue = createKeyedQueue();

  return {
    change: (key, { read, decide }) =>
      parts.retry(async () => {
        const { change, turn } = waitingChange({ read, decide: current => alone(decide(current)) });
        await queue.run(key, () => commit(key, [change]));
        return attemptOf(await turn);
      }),
  };
}

function alone<C, T>(decided: Result<Decision<T>>): Result<ChangeDecision<C, T>> {
  if (!decided.ok) return decided;
  const decision = decided.value;
  if (decision.kind !== 'write') return ok(decision);
  const { body, label, durability, first, written } = decision;
  const content = { body, label, durability };
  return ok({ kind: 'write', encode: () => content, first, written, shared: null });
}
