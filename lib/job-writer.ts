import type { Clock } from './clock.ts';
import { ok, type Result } from './failure.ts';
import { labelOf } from './job-label.ts';
import type { JobReader } from './job-reader.ts';
import { outlineOf } from './job-summary.ts';
import type { Decision, ObjectWriter } from './object-writer.ts';
import { announcement, mayWait, type Readiness } from './readiness.ts';
import { readyKey } from './ready-hint.ts';
import type { CheckpointState } from './state/checkpoint.ts';
import { encodeState } from './state/codec.ts';
import { stamp } from './state/owned.ts';
import { type ObjectStore, StoreError, UNCONDITIONAL } from './store.ts';
import type { CorruptObject, StoredJob } from './stored-job.ts';
import type { Timestamp } from './timestamp.ts';

/** What is stored under the key, as the decision is to take it. */
export type Current = StoredJob | CorruptObject | null;

/** What a decision makes of a job. */
export type JobChange =
  | { readonly kind: 'save'; readonly state: CheckpointState; readonly readiness: Readiness }
  | { readonly kind: 'keep'; readonly job: StoredJob };

export function saving(
  state: CheckpointState,
  readiness: Readiness = 'as-states-tell',
): Result<JobChange> {
  return ok({ kind: 'save', state, readiness });
}

export function keeping(job: StoredJob): Result<JobChange> {
  return ok({ kind: 'keep', job });
}

export interface JobWriter {
  /**
   * Changes a job by compare-and-swap; `decide` is pure and may be called several times. A change that
   * makes the job claimable writes the hint first, and one that ends that removes it afterwards. Where the
   * caller has `seen` the job, the first decision is upon that: if it is stored so no more, the swap tells.
   */
  change(
    key: string,
    decide: (current: Current, now: Timestamp) => Result<JobChange>,
    seen?: StoredJob,
  ): Promise<Result<StoredJob>>;
  /** Removes what is stored, if `allow` lets it go. Absence is for `allow` to refuse. */
  remove(key: string, allow: (current: Current) => Result<null>): Promise<Result<null>>;
}

const EMPTY = new Uint8Array();

export function createJobWriter(parts: {
  store: ObjectStore;
  objects: ObjectWriter;
  reader: JobReader;
  clock: Clock;
}): JobWriter {
  const { store, objects, reader, clock } = parts;

  function decisionOf(
    key: string,
    current: Current,
    change: Extract<JobChange, { kind: 'save' }>,
    now: Timestamp,
  ): Decision<StoredJob> {
    const before = current?.kind === 'job' ? current.state : null;
    const state = stamp(change.state, before, now);
    const encoded = encodeState(state);
    return {
      kind: 'write',
      body: encoded.file,
      label: labelFor(state),
      first: () => announce(before, state, change.readiness),
      written: version => reader.written(key, version, state, encoded),
    };
  }

  function labelFor(state: CheckpointState): string | undefined {
    return store.traits.labels ? (labelOf(outlineOf(state)) ?? undefined) : undefined;
  }

  // Hints are of use to claims alone, and a store without compare-and-swap has none.
  async function announce(
    before: CheckpointState | null,
    after: CheckpointState,
    readiness: Readiness,
  ): Promise<void> {
    if (!store.traits.compareAndSwap) return;
    const asked = announcement(before, after, readiness);
    if (asked === 'none') return;
    if (asked === 'carry' && !(await hasHint(before))) return;
    await putHint(readyKey(after.job_id, after.updated_at));
  }

  /** To write it twice is to write it once: a lost answer is no reason to give up. */
  async function putHint(key: string): Promise<void> {
    try {
      await store.put(key, EMPTY, UNCONDITIONAL);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      await store.put(key, EMPTY, UNCONDITIONAL);
    }
  }

  async function hasHint(state: CheckpointState | null): Promise<boolean> {
    if (state === null) return false;
    return (await store.head(readyKey(state.job_id, state.updated_at))) !== null;
  }

  async function dropHint(ended: CheckpointState): Promise<void> {
    if (!store.traits.compareAndSwap) return;
    try {
      await store.delete(readyKey(ended.job_id, ended.updated_at), UNCONDITIONAL);
    } catch (error) {
      // The change has happened. A hint may be stale: the claim that meets it removes it.
      if (!(error instanceof StoreError)) throw error;
    }
  }

  return {
    async change(key, decide, seen) {
      let ended: CheckpointState | null = null;
      let withheld = false;
      const looks = seen === undefined ? [] : [seen];
      const changed = await objects.change<StoredJob | CorruptObject, StoredJob>(key, {
        read: async () => looks.pop() ?? reader.read(key),
        decide(current) {
          const now = clock.now();
          const decided = decide(current, now);
          if (!decided.ok) return decided;
          const change = decided.value;
          ended = null;
          withheld = change.kind === 'save' && change.readiness === 'withhold';
          if (change.kind === 'keep') return ok({ kind: 'keep', value: change.job });
          const before = current?.kind === 'job' ? current.state : null;
          if (before !== null && mayWait(before)) ended = before;
          return ok(decisionOf(key, current, change, now));
        },
      });
      if (changed.ok && ended !== null) await dropHint(ended);
      // A change that came to nothing may have announced this very time.
      if (changed.ok && withheld) await dropHint(changed.value.state);
      return changed;
    },

    async remove(key, allow) {
      let waiting: CheckpointState | null = null;
      const removed = await objects.remove<StoredJob | CorruptObject>(key, {
        read: () => reader.read(key),
        allow(current) {
          const state = current?.kind === 'job' ? current.state : null;
          waiting = state !== null && mayWait(state) ? state : null;
          return allow(current);
        },
      });
      if (!removed.ok) return removed;
      reader.forget(key);
      if (waiting !== null) await dropHint(waiting);
      return removed;
    },
  };
}
