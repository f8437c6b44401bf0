import type { Timestamp } from '../base/timestamp.ts';
import { unreachable } from '../base/unreachable.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { allSheetsDone, progress } from '../checkpoint/progress.ts';
import { skipRemaining } from '../checkpoint/skip-remaining.ts';
import type { JobStatus } from '../checkpoint/status.ts';
import { cancelJob, failJob, pauseJob } from '../checkpoint/transitions.ts';
import { jobLeaseOf, namedLeaseOf, withJobLease, withoutDelay, withoutLease } from './job-lease.ts';
import { withoutDoneProgress } from './kept-progress.ts';
import type { Lease, LeaseRequest } from './lease.ts';
import { RECOVERY } from './recovery-message.ts';

/*
 * The changes of a job when its holder changes, as pure functions from state to state.
 */

/** Whether a job no longer runs. A failed one may be resumed. */
export function isFinished(status: JobStatus): status is 'completed' | 'failed' | 'cancelled' {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

/** Gives the job to the holder of a new lease. `acquired_at` is the time of this change. */
export function grant(state: CheckpointState, lease: Lease, changeAt: Timestamp): CheckpointState {
  const jobLease = jobLeaseOf(state);
  const started: CheckpointState = {
    ...state,
    status: 'running',
    started_at: state.started_at ?? changeAt,
    completed_at: null,
    // Only the message of the last recovery is obsolete. Other messages stay.
    error_message: messageWithoutRecovery(state),
  };
  return withJobLease(started, {
    // It is not known yet whether this grant will be used, so the delay stays.
    ...jobLease,
    epoch: lease.epoch,
    lease: {
      id: lease.lease_id,
      holder: lease.holder,
      token_sha256: lease.token_sha256,
      acquired_at: changeAt,
    },
  });
}

/**
 * Completes a running leased job if every sheet is completed or skipped. The reference completes a job only
 * if every sheet is completed. That rule still applies to a job that is not leased.
 */
export function completeIfDone(state: CheckpointState, now: Timestamp): CheckpointState {
  if (state.status !== 'running' || !allSheetsDone(state)) return state;
  return { ...state, status: 'completed', completed_at: now };
}

/** Takes back a job that its holder returns. It continues with its next sheet, or is completed if none is left. */
export function handBack(state: CheckpointState, now: Timestamp): CheckpointState {
  const freed = completeIfDone(withoutDelay(withoutLease(state)), now);
  return freed.status === 'running' ? pauseJob(freed) : freed;
}

/** The request to the holder that applies when its lease ends. A job with nothing left to run needs no pause. */
export function requestAtEnd(state: CheckpointState, lease: Lease | null): LeaseRequest | null {
  const request = lease?.requested ?? null;
  const isDone = state.status === 'running' && allSheetsDone(state);
  return request === 'pause' && isDone ? null : request;
}

/** Applies the request of an operator or of the holder to the job. */
export function applyRequest(
  state: CheckpointState,
  { request, message, now }: { request: LeaseRequest; message: string | null; now: Timestamp },
): CheckpointState {
  const freed = withoutDelay(withoutLease(state));
  switch (request) {
    case 'pause':
      return pauseJob(freed);
    case 'cancel':
      return cancelJob(freed, now);
    case 'fail':
      return failJob(freed, message ?? 'Failed on request', now);
    default:
      return unreachable(request);
  }
}

/** Completes a job no sheet of which will run. Its remaining sheets are skipped. */
export function completeOnRequest(state: CheckpointState, now: Timestamp): CheckpointState {
  const freed = withoutDelay(withoutLease(skipRemaining(state, now)));
  return {
    ...withoutDoneProgress(freed),
    status: 'completed',
    completed_at: now,
    pid: null,
    error_message: messageWithoutRecovery(state),
  };
}

function messageWithoutRecovery({ error_message: message }: CheckpointState): string | null {
  return message?.startsWith(RECOVERY) === true ? null : message;
}

/** Makes a stopped job claimable again, whatever stopped it, and resets its recoveries. */
export function reopen(state: CheckpointState): CheckpointState {
  const undelayed = withoutDelay(state);
  const { recoveries, ...others } = jobLeaseOf(undelayed);
  const cleared =
    recoveries === 0 ? undelayed : withJobLease(undelayed, { ...others, recoveries: 0 });
  if (cleared.status === 'pending') return cleared;
  const { error_message } = cleared;
  return {
    ...pauseJob(cleared),
    completed_at: null,
    error_message: cleared.status === 'failed' ? null : error_message,
  };
}

/**
 * Updates the lease data after a change by the holder or another caller. A job that no longer runs loses its
 * lease, and a change by the holder ends the delay. A completed sheet resets the recoveries, because it shows
 * that the job does not crash its workers.
 */
export function updateJobLease(
  before: CheckpointState | null,
  after: CheckpointState,
): CheckpointState {
  const byHolder = before !== null && namedLeaseOf(before) !== null;
  const free = after.status === 'running' ? after : withoutLease(after);
  const ended = withoutDoneProgress(byHolder ? withoutDelay(free) : free);
  const jobLease = jobLeaseOf(ended);
  if (jobLease.recoveries === 0 || before === null) return ended;
  if (progress(after)[0] <= progress(before)[0]) return ended;
  return withJobLease(ended, { ...jobLease, recoveries: 0 });
}
