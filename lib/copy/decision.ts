import { toUnixMicros } from '../base/timestamp.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import type { Version } from '../store.ts';
import type { Snapshot } from './snapshot.ts';

/** What becomes of a job at the target. */
export type Move =
  /** `updated`: over what an earlier copy put there. */
  | { readonly kind: 'copied' | 'updated' | 'overwritten' | 'present' }
  | { readonly kind: 'conflict' | 'held'; readonly reason: string };

/** What the target has under a job's key. */
export type There =
  | { readonly kind: 'same'; readonly version: Version }
  | {
      readonly kind: 'other';
      readonly version: Version;
      readonly job: Snapshot;
      /** A copy put it there, and nobody has written it since. */
      readonly isMarked: boolean;
    };

/** Pure. What a copy did not put there is replaced on demand alone, and what a holder there needs never. */
export function moveOnto(
  job: Snapshot,
  there: There | null,
  { overwrite }: { readonly overwrite: boolean },
): Move {
  if (there === null) return { kind: 'copied' };
  if (there.kind === 'same') return { kind: 'present' };
  const { hands } = there.job;
  if (hands.kind === 'live' && !isSparing(job, there)) {
    const { holder, expires_at } = hands.lease;
    return { kind: 'held', reason: `held at the target by "${holder}" until ${expires_at}` };
  }
  const reason = conflictOf(job, there);
  if (reason === null) return { kind: 'updated' };
  return overwrite ? { kind: 'overwritten' } : { kind: 'conflict', reason };
}

type Other = Extract<There, { kind: 'other' }>;

/** A holder whose lease came with the job loses nothing while it has done nothing there and keeps the lease. */
function isSparing(job: Snapshot, there: Other): boolean {
  if (!there.isMarked || conflictOf(job, there) !== null) return false;
  if (job.hands.kind === 'nobody' || there.job.hands.kind !== 'live') return false;
  return job.hands.carried?.key === there.job.hands.carried.key;
}

function conflictOf({ state: here }: Snapshot, { job, isMarked }: Other): string | null {
  const { state } = job;
  if (!isMarked) return `the target has ${nameOf(state)}, and no copy put that there`;
  // Nothing is lost with an object that nobody can read, where a copy put it there.
  if (state === null) return null;
  if (here === null)
    return `the target has ${nameOf(state)}, and the source one that cannot be read`;
  if (!isSameJob(state, here)) return `the target has ${nameOf(state)}, from a copy of another job`;
  if (toUnixMicros(state.updated_at) <= toUnixMicros(here.updated_at)) return null;
  return `the target has ${nameOf(state)}, and the source an older state of it`;
}

/** Two sources may have jobs of one name. */
function isSameJob(left: CheckpointState, right: CheckpointState): boolean {
  if (left.job_id !== right.job_id) return false;
  return toUnixMicros(left.created_at) === toUnixMicros(right.created_at);
}

function nameOf(state: CheckpointState | null): string {
  if (state === null) return 'another object under this key';
  return `this job as "${state.status}" of ${state.updated_at}`;
}
