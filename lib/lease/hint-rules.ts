import type { Timestamp } from '../base/timestamp.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { nextSheet } from '../checkpoint/progress.ts';
import { instantOf, type ReadyHint } from '../keys/ready-hint.ts';
import { waitingSinceOf } from './job-lease.ts';

/** The place in the queue of a job that waits. */
export function placeOf(state: CheckpointState): Timestamp {
  return waitingSinceOf(state) ?? state.updated_at;
}

export type HintWorth = 'claimable' | 'stale' | 'ahead';

/** What a hint is worth for a job that nobody holds. */
export function worthOf(hint: ReadyHint, state: CheckpointState): HintWorth {
  if (state.status === 'pending') return 'claimable';
  if (state.status === 'paused' && hint.since === instantOf(placeOf(state))) return 'claimable';
  return isPast(hint, state) ? 'stale' : 'ahead';
}

/** Whether the change that the hint was written for has happened to the job, or never will. */
export function isPast(hint: ReadyHint, state: CheckpointState): boolean {
  return hint.changeAt <= instantOf(state.updated_at);
}

/** What a change wants of its job's hint where the states do not tell: an operator's pause withholds it. */
export type Readiness = 'announce' | 'withhold' | 'as-states-tell';

/** What is to be done about the hint before a change: with `carry` the job keeps the one that it has. */
export function announcement(
  before: CheckpointState | null,
  after: CheckpointState,
  readiness: Readiness,
): 'announce' | 'carry' | 'none' {
  if (!mayWait(after) || nextSheet(after) === null || readiness === 'withhold') return 'none';
  if (readiness === 'announce') return 'announce';
  if (before?.status === after.status) {
    // A job that had nothing left to run has no hint, and has now something to wait for.
    return after.status === 'pending' && nextSheet(before) === null ? 'announce' : 'carry';
  }
  return after.status === 'pending' ? 'announce' : 'none';
}

/** Whether a state may have a hint; after the next change that one is stale. */
export function mayWait({ status }: CheckpointState): boolean {
  return status === 'pending' || status === 'paused';
}
