import type { Timestamp } from '../base/timestamp.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { nextSheet } from '../checkpoint/progress.ts';
import { type StartedSheet, startedSheet } from '../checkpoint/sheet-start.ts';
import { sheetOf, startSheet } from '../checkpoint/transitions.ts';
import { jobLeaseOf } from './job-lease.ts';
import { updateJobLease } from './transfer.ts';

/*
 * A claim may start the next sheet in the change that grants the lease. That saves the holder one call, and the service
 * one save, for each job. The time of the start is then that of the grant, which no later start can have.
 */

/** Starts the next sheet of a job that has just been granted, as an update of its holder does. */
export function startWithGrant(granted: CheckpointState, changeAt: Timestamp): CheckpointState {
  const sheet = nextSheet(granted);
  return sheet === null ? granted : updateJobLease(granted, startSheet(granted, sheet, changeAt));
}

/** The sheet that the grant of the current lease has started, as long as it is the current one; null for none. */
export function startedWithGrant(state: CheckpointState): StartedSheet | null {
  const { lease } = jobLeaseOf(state);
  const { current_sheet: sheet } = state;
  if (lease === null || sheet === null) return null;
  const { status, started_at } = sheetOf(state, sheet);
  const isStarted = status === 'in_progress' && started_at === lease.acquired_at;
  return isStarted ? startedSheet(state, sheet) : null;
}
