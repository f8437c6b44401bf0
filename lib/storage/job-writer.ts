import type { Timestamp } from '../base/timestamp.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { type StateTexts, textsOf } from '../checkpoint/codec.ts';
import { checkLimits, type StateLimits } from '../checkpoint/limits.ts';
import { stamp } from '../checkpoint/owned.ts';
import { settle } from '../checkpoint/settle.ts';
import { maxGrowth } from '../checkpoint/write.ts';
import { ok, type Result } from '../failure.ts';
import { canHaveHint, type Readiness } from '../lease/hint-rules.ts';
import { countedBytes } from '../lease/history.ts';
import { hasProof } from '../lease/job-lease.ts';
import type { ReadyQueue } from '../ready/ready-queue.ts';
import type { ObjectStore } from '../store.ts';
import type { SidecarWrite } from './commit/sidecar-write.ts';
import type { ChangeDecision, Shared } from './commit/waiting-change.ts';
import type { JobHints } from './job-hints.ts';
import type { JobReader } from './job-reader.ts';
import { outlineOf, storedLabelOf } from './job-summary.ts';
import { type CorruptObject, maxBytesOf, type StoredJob } from './stored-job.ts';

/** The object under the key of a job. */
export type Current = StoredJob | CorruptObject | null;

/** A state that replaces the stored one. */
export interface Save {
  readonly state: CheckpointState;
  readonly readiness: Readiness;
  /** Whether the limits apply: for states from clients. Grants, releases and recoveries are always written. */
  readonly isLimited: boolean;
  /**
   * Whether the same write may store later changes too. The version in the answer is then that of a state that holds
   * more than this change.
   */
  readonly isShared: boolean;
  /** What is written with it beside its hints. */
  readonly sidecars?: readonly SidecarWrite[];
}

export type JobDecision<T> = ChangeDecision<Exclude<Current, null>, T>;

/** Plans the writes for a new state or for the deletion of a job. */
export interface JobWriter {
  /**
   * Plans a save with its hints. If the job becomes claimable, the hint is written before the job. If it is
   * no longer claimable, the hint is deleted after the job is written. If it stays waiting, it keeps its place.
   * `isLast`: no other change waits to share the write. Failure: `state_too_large`.
   */
  save<T>(
    key: string,
    change: Save & {
      readonly outcome: (saved: StoredJob) => T;
      readonly after?: ((saved: StoredJob) => Promise<void>) | undefined;
    },
    context: {
      readonly before: StoredJob | null;
      readonly now: Timestamp;
      readonly isLast: boolean;
    },
  ): Promise<Result<JobDecision<T>>>;
  /** Plans the deletion of the job, and then of its hint. */
  remove<T>(key: string, before: CheckpointState | null, outcome: T): JobDecision<T>;
}

export function createJobWriter(parts: {
  store: ObjectStore;
  reader: JobReader;
  hints: JobHints;
  queue: Pick<ReadyQueue, 'announce'>;
  limits: StateLimits;
}): JobWriter {
  const { store, reader, hints, queue, limits } = parts;

  function labelFor(state: CheckpointState): string | undefined {
    return store.traits.labels ? storedLabelOf(outlineOf(state), store) : undefined;
  }

  return {
    async save(
      key,
      { readiness, isLimited, isShared, outcome, sidecars = [], ...change },
      { before, now, isLast },
    ) {
      const old = before?.state ?? null;
      const stamped = stamp(change.state, old, now);
      const plan = await hints.plan({ before: old, after: stamped, readiness });
      const { state, adds, hintAfter } = plan;
      const encode = encodedOnce(state);
      const growth = isShared && !isLast && before !== null ? maxGrowth(before.state, state) : null;
      const bytes = boundOf(before, growth, { limit: limits.bytes, encode });
      if (isLimited) {
        const most = bytes();
        const counted = most > limits.bytes ? countedBytes(state, most) : most;
        const allowed = checkLimits(limits, { before: old, after: state, bytes: counted });
        if (!allowed.ok) return allowed;
      }
      const shared: Shared<StoredJob> = {
        growth: growth ?? 0,
        object(version) {
          // As a load finds it: a transition may leave a state that a load settles.
          const settled = settle(state, now);
          if (hintAfter !== null) hints.expect(settled, hintAfter);
          const text = settled === state ? encode : encodedOnce(settled);
          return unstoredJob({ version, state: settled }, text, bytes());
        },
      };
      let saved: StoredJob | null = null;
      return ok({
        kind: 'write',
        encode: () => ({ body: encode().file.parts(), label: labelFor(state) }),
        shared: isShared ? shared : null,
        sidecars: [...hints.writesOf(plan), ...sidecars],
        written(version, isLastOfWrite) {
          if (isLastOfWrite && hintAfter !== null) hints.record(state, hintAfter);
          if (adds !== null) queue.announce(adds);
          saved = isLastOfWrite
            ? reader.written(key, version, state, encode())
            : unstoredJob({ version, state }, encode, bytes());
          return outcome(saved);
        },
        after:
          change.after === undefined
            ? undefined
            : async () => {
                if (saved !== null) await change.after?.(saved);
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

/** A state is encoded only if its text is needed: not if later changes are written with it. */
function encodedOnce(state: CheckpointState): () => StateTexts {
  let encoded: StateTexts | null = null;
  return () => {
    encoded ??= textsOf(state);
    return encoded;
  };
}

/** The bytes of the state, or more if that is within the limit and `growth` is known. */
function boundOf(
  before: StoredJob | null,
  growth: number | null,
  { limit, encode }: { readonly limit: number; readonly encode: () => StateTexts },
): () => number {
  const bound = before === null || growth === null ? null : maxBytesOf(before) + growth;
  return () => (bound !== null && bound <= limit ? bound : encode().file.byteLength);
}

/** A state that other changes follow in the same write. */
function unstoredJob(
  { version, state }: Pick<StoredJob, 'version' | 'state'>,
  encode: () => StateTexts,
  bytesAtMost: number,
): StoredJob {
  return {
    kind: 'job',
    version,
    state,
    bytesAtMost,
    get memoryBytes() {
      return encode().file.memoryBytes;
    },
    get textBytes() {
      return encode().strict.byteLength;
    },
    get text() {
      return hasProof(state) ? null : encode().strict;
    },
    get nonFinite() {
      const { file, strict } = encode();
      return file !== strict;
    },
  };
}
