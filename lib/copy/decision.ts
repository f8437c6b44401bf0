import { toUnixMicros } from '../base/timestamp.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import type { Version } from '../store.ts';
import type { Snapshot } from './snapshot.ts';

/** What a copy does with one job at the target. */
export type CopyOutcome =
  /** `updated`: it replaces what an earlier copy put there. */
  | { readonly kind: 'copied' | 'updated' | 'overwritten' | 'present' }
  | { readonly kind: 'conflict' | 'held'; readonly reason: string };

/** The object of the target under a job's key. */
export type TargetObject =
  | { readonly kind: 'same'; readonly version: Version }
  | {
      readonly kind: 'other';
      readonly version: Version;
      readonly job: Snapshot;
      /** Whether the copy record names this body: a copy put it there, and it was not written since. */
      readonly isRecorded: boolean;
    };

/**
 * Pure. An object that no copy put there is replaced only with `overwrite`. A job that is held at the target is never
 * replaced.
 */
export function decideCopy(
  job: Snapshot,
  there: TargetObject | null,
  { overwrite }: { readonly overwrite: boolean },
): CopyOutcome {
  if (there === null) return { kind: 'copied' };
  if (there.kind === 'same') return { kind: 'present' };
  const { holding } = there.job;
  if (holding.kind === 'live' && !keepsSameLease(job, there)) {
    const { holder, expires_at } = holding.lease;
    return { kind: 'held', reason: `held at the target by "${holder}" until ${expires_at}` };
  }
  const reason = conflictOf(job, there);
  if (reason === null) return { kind: 'updated' };
  return overwrite ? { kind: 'overwritten' } : { kind: 'conflict', reason };
}

type Other = Extract<TargetObject, { kind: 'other' }>;

/** Whether the holder at the target keeps its lease and loses no work: it has the same lease, and wrote nothing there. */
function keepsSameLease(job: Snapshot, there: Other): boolean {
  if (!there.isRecorded || conflictOf(job, there) !== null) return false;
  if (job.holding.kind === 'unleased' || there.job.holding.kind !== 'live') return false;
  return job.holding.carried?.key === there.job.holding.carried.key;
}

function conflictOf({ state: here }: Snapshot, { job, isRecorded }: Other): string | null {
  const { state } = job;
  if (!isRecorded) return `the target has ${nameOf(state)}, and no copy put that there`;
  // An unreadable object that a copy put there contains nothing to lose.
  if (state === null) return null;
  if (here === null)
    return `the target has ${nameOf(state)}, and the source one that cannot be read`;
  if (!isSameJob(state, here)) return `the target has ${nameOf(state)}, from a copy of another job`;
  if (toUnixMicros(state.updated_at) <= toUnixMicros(here.updated_at)) return null;
  return `the target has ${nameOf(state)}, and the source an older state of it`;
}

/** Two sources may have different jobs with the same id. */
function isSameJob(left: CheckpointState, right: CheckpointState): boolean {
  if (left.job_id !== right.job_id) return false;
  return toUnixMicros(left.created_at) === toUnixMicros(right.created_at);
}

function nameOf(state: CheckpointState | null): string {
  if (state === null) return 'another object under this key';
  return `this job as "${state.status}" of ${state.updated_at}`;
}
