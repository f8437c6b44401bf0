import type { Timestamp } from '../base/timestamp.ts';
import { unreachable } from '../base/unreachable.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { allSheetsDone, nextSheet, progress } from '../checkpoint/progress.ts';
import type { JobStatus } from '../checkpoint/status.ts';
import { cancelJob, failJob, pauseJob } from '../checkpoint/transitions.ts';
import { integerText } from '../schema/integer.ts';
import {
  type Delay,
  type JobLease,
  jobLeaseOf,
  namedLeaseOf,
  withJobLease,
  withoutLease,
} from './job-lease.ts';
import type { Lease, LeaseRequest } from './lease.ts';
import { expiryOf, millisBetween } from './rules.ts';

/*
 * The changes of a job when its holder changes, as pure functions from state to state.
 */

/** At this recovery the job fails, so that a job that crashes its workers does not do so for ever. */
export const MAX_RECOVERIES = 3;

const RECOVERY = 'Zombie recovery:';

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
    error_message: state.error_message?.startsWith(RECOVERY) === true ? null : state.error_message,
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

/**
 * Whether the holder sent a heartbeat or wrote the job. If the lease object is missing, its heartbeats are
 * unknown, so the lease counts as used.
 */
export function isUsed(state: CheckpointState, lease: Lease | null): boolean {
  const named = jobLeaseOf(state).lease;
  if (lease === null || named === null || lease.renewals > 0) return true;
  return millisBetween(named.acquired_at, state.updated_at) !== 0;
}

/** Whether this recovery makes the job fail, if no earlier recovery was a false alarm. */
export function isLastRecovery(state: CheckpointState, lease: Lease | null): boolean {
  if (state.status !== 'running' || allSheetsDone(state) || !isUsed(state, lease)) return false;
  if (lease !== null && lease.ended_at !== null) return false;
  return jobLeaseOf(state).recoveries + 1 >= MAX_RECOVERIES;
}

/**
 * Recovers the job of a holder whose lease expired. Only a used grant counts as a recovery. The answer with an
 * unused grant may have been lost, so such a job is delayed instead, each time longer. `refunds` is the
 * number of earlier recoveries that were false alarms.
 */
export function recover(
  state: CheckpointState,
  { lease, now, refunds }: { lease: Lease | null; now: Timestamp; refunds: number },
): CheckpointState {
  // Another program may have finished the job. It stays finished.
  if (state.status !== 'running') return withoutLease(state);
  // The holder had released the lease, or an operator had ended it: this is not a crash.
  if (lease !== null && lease.ended_at !== null) return handBack(state, now);
  // The holder died after the last sheet: the job is complete, and the crash does not count as a recovery.
  if (allSheetsDone(state)) return completeIfDone(withoutDelay(withoutLease(state)), now);
  const jobLease = jobLeaseOf(state);
  const message = recoveryMessage(state, lease);
  if (!isUsed(state, lease)) {
    const delayed = withJobLease(state, {
      ...jobLease,
      lease: null,
      delay: delayAfter(jobLease.delay, lease?.expires_at ?? now),
    });
    return { ...pauseJob(delayed), error_message: message };
  }
  // Another program may have written any number, so the count is limited.
  const counted = Math.max(0, jobLease.recoveries - refunds) + 1;
  const recoveries = Math.min(counted, Number.MAX_SAFE_INTEGER);
  const freed = withJobLease(state, { ...jobLease, recoveries, lease: null, delay: null });
  if (recoveries >= MAX_RECOVERIES) {
    const times = `Recovered ${recoveries} times with no sheet completed in between`;
    return failJob(freed, `${times}. ${message}`, now);
  }
  return { ...pauseJob(freed), error_message: message };
}

const LONGEST_DELAY_SECONDS = 60;

/** The delay after another unused grant, which ended at `endedAt`: 1, 2, 4 seconds and so on. */
function delayAfter(before: Delay | null, endedAt: Timestamp): Delay {
  const unused_grants = Math.min((before?.unused_grants ?? 0) + 1, Number.MAX_SAFE_INTEGER);
  const seconds = Math.min(LONGEST_DELAY_SECONDS, 2 ** (unused_grants - 1));
  return { unused_grants, until: expiryOf(endedAt, seconds) };
}

/** The end of the delay of a job, or null if it may be claimed now. */
export function delayedUntil({ delay }: JobLease, now: Timestamp): Timestamp | null {
  if (delay === null) return null;
  const leftMs = millisBetween(now, delay.until);
  // No delay is longer. A clock has jumped.
  return leftMs > 0 && leftMs <= LONGEST_DELAY_SECONDS * 1000 ? delay.until : null;
}

function withoutDelay(state: CheckpointState): CheckpointState {
  const jobLease = jobLeaseOf(state);
  return jobLease.delay === null ? state : withJobLease(state, { ...jobLease, delay: null });
}

/** The message of a recovered job. It is also shown for a job that waits for its recovery. */
export function recoveryMessage(state: CheckpointState, lease: Lease | null): string {
  const { epoch, lease: named } = jobLeaseOf(state);
  const holder = JSON.stringify(named?.holder ?? lease?.holder ?? '');
  const when = lease === null ? 'is unreadable or gone' : `expired at ${lease.expires_at}`;
  const sheet = nextSheet(state);
  const from = sheet === null ? 'no sheet is left' : `sheet ${integerText(sheet)} is next`;
  return `${RECOVERY} the lease of ${holder} (epoch ${epoch}) ${when}; ${from}`;
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
  const ended = byHolder ? withoutDelay(free) : free;
  const jobLease = jobLeaseOf(ended);
  if (jobLease.recoveries === 0 || before === null) return ended;
  if (progress(after)[0] <= progress(before)[0]) return ended;
  return withJobLease(ended, { ...jobLease, recoveries: 0 });
}
