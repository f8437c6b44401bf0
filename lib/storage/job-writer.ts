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

/** What is stored under the key of a job. */
export type Current = StoredJob | CorruptObject | null;

/** A state that is to replace what is stored. */
export interface Save {
  readonly state: CheckpointState;
  readonly readiness: Readiness;
  /** Whether it is a client's to keep within limits. What changes hands may always be written. */
  readonly isLimited: boolean;
}

/** Turns a new state, or the end of a job, into the writes that it takes. */
export interface JobWriter {
  /**
   * A save that makes the job claimable writes the hint before the job, one that ends that deletes it
   * afterwards, and one that leaves the job waiting leaves it its place. Failure: `state_too_large`.
   */
  save<T>(
    key: string,
    change: Save & { readonly outcome: (saved: StoredJob) => T },
    seen: { readonly before: CheckpointState | null; readonly now: Timestamp },
  ): Promise<Result<Decision<T>>>;
  /** Deletes the job, and then its hint. */
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
      const { state, adds, drops, stands } = plan;
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
          if (stands !== null) hints.saw(state, stands);
          return outcome(reader.written(key, version, state, encoded));
        },
        async after() {
          for (const hint of drops) await hints.drop(hint);
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
