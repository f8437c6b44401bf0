import type { CheckpointState } from './state/checkpoint.ts';
import { nextSheet } from './state/progress.ts';

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
