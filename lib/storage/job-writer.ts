import type { Clock } from '../base/clock.ts';
import { eventLoopTurn } from '../base/event-loop-turn.ts';
import type { Timestamp } from '../base/timestamp.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { encodeState } from '../checkpoint/codec.ts';
import { allowedWithin, type StateLimits } from '../checkpoint/limits.ts';
import { stamp } from '../checkpoint/owned.ts';
import { ok, type Result } from '../failure.ts';
import { mayWait, type Readiness } from '../lease/hint-rules.ts';
import type { ObjectStore } from '../store.ts';
import type { Decision, ObjectWriter } from './compare-and-swap.ts';
import type { JobHints } from './job-hints.ts';
import type { JobReader } from './job-reader.ts';
import { labelOf, outlineOf } from './job-summary.ts';
import type { CorruptObject, StoredJob } from './stored-job.ts';

/** What is stored under the key, as the decision is to take it. */
export type Current = StoredJob | CorruptObject | null;

/** What a decision makes of a job. */
export type JobChange =
  | {
      readonly kind: 'save';
      readonly state: CheckpointState;
      readonly readiness: Readiness;
      /** Whether it is a client's to keep within limits. What changes hands may always be written. */
      readonly isLimited: boolean;
    }
  | { readonly kind: 'keep'; readonly job: StoredJob };

export function saving(
  state: CheckpointState,
  readiness: Readiness = 'as-states-tell',
): Result<JobChange> {
  return ok({ kind: 'save', state, readiness, isLimited: false });
}

/** As `saving`, of what a client has sent or added. Failure of the change: `state_too_large`. */
export function savingSent(state: CheckpointState): Result<JobChange> {
  return ok({ kind: 'save', state, readiness: 'as-states-tell', isLimited: true });
}

export function keeping(job: StoredJob): Result<JobChange> {
  return ok({ kind: 'keep', job });
}

export interface JobWriter {
  /**
   * Changes a job by compare-and-swap; `decide` is pure and may be called several times. A change that
   * makes the job claimable writes the hint first, one that ends that removes it afterwards, and one that
   * leaves the job waiting leaves it its place. Where the caller has `seen` the job, the first decision is
   * about that: if it is stored so no more, the swap tells.
   */
  change(
    key: string,
    decide: (current: Current, now: Timestamp) => Result<JobChange>,
    seen?: StoredJob,
  ): Promise<Result<StoredJob>>;
  /** Removes what is stored, if `allow` lets it go. Absence is for `allow` to refuse. */
  remove(key: string, allow: (current: Current) => Result<null>): Promise<Result<null>>;
}

const HUGE_BYTES = 256 * 1024;

export function createJobWriter(parts: {
  store: ObjectStore;
  objects: ObjectWriter;
  reader: JobReader;
  clock: Clock;
  hints: JobHints;
  limits: StateLimits;
}): JobWriter {
  const { store, objects, reader, clock, hints, limits } = parts;

  async function decisionOf(
    key: string,
    change: Extract<JobChange, { kind: 'save' }>,
    { before, now }: { before: CheckpointState | null; now: Timestamp },
  ): Promise<Result<{ decision: Decision<StoredJob>; drops: readonly string[] }>> {
    const after = stamp(change.state, before, now);
    const plan = await hints.plan({ before, after, readiness: change.readiness });
    const { state, adds, drops, stands } = plan;
    const encoded = encodeState(state);
    if (change.isLimited) {
      const bytes = encoded.file.byteLength;
      const allowed = allowedWithin(limits, { before, after: state, bytes });
      if (!allowed.ok) return allowed;
    }
    const decision: Decision<StoredJob> = {
      kind: 'write',
      body: encoded.file,
      label: labelFor(state),
      async first() {
        if (adds !== null) await hints.add(adds);
      },
      written(version) {
        if (stands !== null) hints.saw(state, stands);
        return reader.written(key, version, state, encoded);
      },
    };
    return ok({ decision, drops });
  }

  function labelFor(state: CheckpointState): string | undefined {
    return store.traits.labels ? (labelOf(outlineOf(state)) ?? undefined) : undefined;
  }

  return {
    async change(key, decide, seen) {
      let drops: readonly string[] = [];
      const looks = seen === undefined ? [] : [seen];
      const changed = await objects.change<StoredJob | CorruptObject, StoredJob>(key, {
        async read() {
          const current = looks.pop() ?? (await reader.read(key));
          // What follows, up to the write, is done in one go.
          if (current?.kind === 'job' && current.text.byteLength > HUGE_BYTES)
            await eventLoopTurn();
          return current;
        },
        async decide(current) {
          const now = clock.now();
          drops = [];
          const decided = decide(current, now);
          if (!decided.ok) return decided;
          const change = decided.value;
          if (change.kind === 'keep') return ok({ kind: 'keep', value: change.job });
          const before = current?.kind === 'job' ? current.state : null;
          const made = await decisionOf(key, change, { before, now });
          if (!made.ok) return made;
          drops = made.value.drops;
          return ok(made.value.decision);
        },
      });
      if (changed.ok) for (const hint of drops) await hints.drop(hint);
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
      if (waiting !== null) await hints.drop(await hints.keyOf(waiting));
      return removed;
    },
  };
}
