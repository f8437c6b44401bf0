import type { Timestamp } from '../base/timestamp.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { encodeState } from '../checkpoint/codec.ts';
import { checkLimits, type StateLimits } from '../checkpoint/limits.ts';
import { stamp } from '../checkpoint/owned.ts';
import { ok, type Result } from '../failure.ts';
import { canHaveHint, type Readiness } from '../lease/hint-rules.ts';
import type { ObjectStore } from '../store.ts';
import type { Decision } from './compare-and-swap.ts';
import type { JobHints } from './job-hints.ts';
import type { JobReader } from './job-reader.ts';
import { labelOf, outlineOf } from './job-summary.ts';
import type { CorruptObject, StoredJob } from './stored-job.ts';

/** The object under the key of a job. */
export type Current = StoredJob | CorruptObject | null;

/** A state that replaces the stored one. */
export interface Save {
  readonly state: CheckpointState;
  readonly readiness: Readiness;
  /** Whether the limits apply: for states from clients. Grants, releases and recoveries are always written. */
  readonly isLimited: boolean;
}

/** Plans the writes for a new state or for the deletion of a job. */
export interface JobWriter {
  /**
   * Plans a save with its hints. If the job becomes claimable, the hint is written before the job. If it is
   * no longer claimable, the hint is deleted after the job is written. If it stays waiting, it keeps its place.
   * Failure: `state_too_large`.
   */
  save<T>(
    key: string,
    change: Save & { readonly outcome: (saved: StoredJob) => T },
    context: { readonly before: CheckpointState | null; readonly now: Timestamp },
  ): Promise<Result<Decision<T>>>;
  /** Plans the deletion of the job, and then of its hint. */
  remove<T>(key: string, before: CheckpointState | null, outcome: T): Decision<T>;
}

export function createJobWriter(parts: {
  store: ObjectStore;
  reader: JobReader;
  hints: JobHints;
  limits: StateLimits;
}): JobWriter {
  const { store, reader, hints, limits } = parts;

  function labelFor(state: CheckpointState): string | undefined {
    return store.traits.labels ? (labelOf(outlineOf(state)) ?? undefined) : undefined;
  }

  return {
    async save(key, { readiness, isLimited, outcome, ...change }, { before, now }) {
      const after = stamp(change.state, before, now);
      const plan = await hints.plan({ before, after, readiness });
      const { state, adds, deletes, hintAfter } = plan;
      const encoded = encodeState(state);
      if (isLimited) {
        const bytes = encoded.file.byteLength;
        const allowed = checkLimits(limits, { before, after: state, bytes });
        if (!allowed.ok) return allowed;
      }
      return ok({
        kind: 'write',
        body: encoded.file,
        label: labelFor(state),
        async first() {
          if (adds !== null) await hints.add(adds);
        },
        written(version) {
          if (hintAfter !== null) hints.record(state, hintAfter);
          return outcome(reader.written(key, version, state, encoded));
        },
        async after() {
          for (const hint of deletes) await hints.drop(hint);
        },
      });
    },

    remove(key, before, outcome) {
      return {
        kind: 'delete',
        deleted() {
          reader.forget(key);
          return outcome;
        },
        async after() {
          if (before !== null && canHaveHint(before)) await hints.drop(await hints.keyOf(before));
        },
      };
    },
  };
}
