import type { Timestamp } from '../base/timestamp.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { nextSheet } from '../checkpoint/progress.ts';
import { instantOf, type ReadyHint } from '../keys/ready-hint.ts';
import { historyOf, namedLeaseOf, waitingSinceOf } from './job-lease.ts';

/** The place of a waiting job in the queue. */
export function placeOf(state: CheckpointState): Timestamp {
  return waitingSinceOf(state) ?? state.updated_at;
}

/**
 * `claimable`: the job may be claimed. `stale`: the announced change is over. `ahead`: the announced change is
 * not written yet.
 */
export type HintStatus = 'claimable' | 'stale' | 'ahead';

/** The status of a hint for a job that is not leased. */
export function hintStatus(hint: ReadyHint, state: CheckpointState): HintStatus {
  if (state.status === 'pending') return 'claimable';
  if (state.status === 'paused' && hint.since === instantOf(placeOf(state))) return 'claimable';
  return isPast(hint, state) ? 'stale' : 'ahead';
}

/** Whether the change that the hint announces has happened to the job, or never will. */
export function isPast(hint: ReadyHint, state: CheckpointState): boolean {
  return hint.changeAt <= instantOf(state.updated_at);
}

/** Whether a change makes its job claimable, if the states alone do not decide it. An operator's pause does not. */
export type Readiness = 'announce' | 'withhold' | 'as-states-tell';

/** What to do with the hint before a change. With `keep` the job keeps its current hint. */
export function hintActionFor(
  before: CheckpointState | null,
  after: CheckpointState,
  readiness: Readiness,
): 'announce' | 'keep' | 'none' {
  if (!canHaveHint(after) || nextSheet(after) === null || readiness === 'withhold') return 'none';
  if (readiness === 'announce') return 'announce';
  if (before?.status === after.status) {
    // A job with nothing left to run has no hint. If the change adds sheets to run, it needs one.
    return after.status === 'pending' && nextSheet(before) === null ? 'announce' : 'keep';
  }
  return after.status === 'pending' ? 'announce' : 'none';
}

/** Whether a job in this state may have a hint. */
export function canHaveHint({ status }: Pick<CheckpointState, 'status'>): boolean {
  return status === 'pending' || status === 'paused';
}

/**
 * Whether a job waits for a claim, as far as its state says it, and so should have a hint. A pause of an operator is the last
 * change of its history; a paused job without a history may be either, and counts as one that an operator has paused.
 */
export function isWaiting(state: CheckpointState): boolean {
  if (!canHaveHint(state) || namedLeaseOf(state) !== null || nextSheet(state) === null)
    return false;
  if (state.status === 'pending' || waitingSinceOf(state) !== null) return true;
  const last = historyOf(state).at(-1)?.event;
  return last === 'released' || last === 'expired' || last === 'resumed';
}
