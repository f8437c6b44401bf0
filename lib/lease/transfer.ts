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
 * What becomes of a job when it goes from hand to hand, pure: functions from state to state.
 */

/** A job that kills its workers must not do so for ever: this recovery is its last. */
export const MAX_RECOVERIES = 3;

const RECOVERY = 'Zombie recovery:';

/** Nobody runs these any more; a failed one may be resumed. */
export function isFinished(status: JobStatus): status is 'completed' | 'failed' | 'cancelled' {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

/** The job in the hands of who was granted the lease. `acquired_at` is the time of this change. */
export function grant(state: CheckpointState, lease: Lease, changeAt: Timestamp): CheckpointState {
  const jobLease = jobLeaseOf(state);
  const started: CheckpointState = {
    ...state,
    status: 'running',
    started_at: state.started_at ?? changeAt,
    completed_at: null,
    // What the last recovery said is over; any other message is not ours to take back.
    error_message: state.error_message?.startsWith(RECOVERY) === true ? null : state.error_message,
  };
  return withJobLease(started, {
    // Whether this grant is used is not known yet: the delay stays.
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
 * A running job under a lease, completed where every sheet is completed or skipped. The reference completes
 * a job only when every sheet is completed: that stays the rule where nobody holds the job.
 */
export function completeIfDone(state: CheckpointState, now: Timestamp): CheckpointState {
  if (state.status !== 'running' || !allSheetsDone(state)) return state;
  return { ...state, status: 'completed', completed_at: now };
}

/** The job given back by its holder: it goes on from where it stands, or is completed if nothing is left. */
export function handBack(state: CheckpointState, now: Timestamp): CheckpointState {
  const freed = completeIfDone(used(withoutLease(state)), now);
  return freed.status === 'running' ? pauseJob(freed) : freed;
}

/** What was asked of the holder and is to be done when its lease ends: a job with nothing left needs no pause. */
export function requestAtEnd(state: CheckpointState, lease: Lease | null): LeaseRequest | null {
  const request = lease?.requested ?? null;
  const isDone = state.status === 'running' && allSheetsDone(state);
  return request === 'pause' && isDone ? null : request;
}

/**
 * Whether the holder did anything with the job: a heartbeat or a write. Of a lease whose object is gone
 * nothing is known of its heartbeats, so it counts as used.
 */
export function isUsed(state: CheckpointState, lease: Lease | null): boolean {
  const named = jobLeaseOf(state).lease;
  if (lease === null || named === null || lease.renewals > 0) return true;
  return millisBetween(named.acquired_at, state.updated_at) !== 0;
}

/** Whether the job fails by its recovery, if none of those before is refunded. */
export function isLastRecovery(state: CheckpointState, lease: Lease | null): boolean {
  if (state.status !== 'running' || allSheetsDone(state) || !isUsed(state, lease)) return false;
  if (lease !== null && lease.ended_at !== null) return false;
  return jobLeaseOf(state).recoveries + 1 >= MAX_RECOVERIES;
}

/**
 * The job taken from a holder that has not been heard of. Only a grant that was used counts as a recovery;
 * one that nobody used may never have arrived, and makes the job wait instead, each time longer.
 * `refunds` is how many recoveries before turned out as false alarms.
 */
export function recover(
  state: CheckpointState,
  { lease, now, refunds }: { lease: Lease | null; now: Timestamp; refunds: number },
): CheckpointState {
  // Another program may have finished the job meanwhile, and what is finished stays so.
  if (state.status !== 'running') return withoutLease(state);
  // The holder had let go of it, or an operator had taken it: nobody died.
  if (lease !== null && lease.ended_at !== null) return handBack(state, now);
  // It died with nothing left to run: there is nothing to hand on, and nothing to count against the job.
  if (allSheetsDone(state)) return completeIfDone(used(withoutLease(state)), now);
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
  // Another program may have written any number.
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

/** The delay after one more unused grant that ended then: 1, 2, 4 seconds and so on. */
function delayAfter(before: Delay | null, endedAt: Timestamp): Delay {
  const unused_grants = Math.min((before?.unused_grants ?? 0) + 1, Number.MAX_SAFE_INTEGER);
  const seconds = Math.min(LONGEST_DELAY_SECONDS, 2 ** (unused_grants - 1));
  return { unused_grants, until: expiryOf(endedAt, seconds) };
}

/** Until when no claim gets the job, null where it may be claimed now. */
export function delayedUntil({ delay }: JobLease, now: Timestamp): Timestamp | null {
  if (delay === null) return null;
  const leftMs = millisBetween(now, delay.until);
  // None is as long as that: a clock has jumped since.
  return leftMs > 0 && leftMs <= LONGEST_DELAY_SECONDS * 1000 ? delay.until : null;
}

function used(state: CheckpointState): CheckpointState {
  const jobLease = jobLeaseOf(state);
  return jobLease.delay === null ? state : withJobLease(state, { ...jobLease, delay: null });
}

/** What a recovered job says of its recovery; also what is shown of one that waits for it. */
export function recoveryMessage(state: CheckpointState, lease: Lease | null): string {
  const { epoch, lease: named } = jobLeaseOf(state);
  const holder = JSON.stringify(named?.holder ?? lease?.holder ?? '');
  const when = lease === null ? 'is unreadable or gone' : `expired at ${lease.expires_at}`;
  const sheet = nextSheet(state);
  const from = sheet === null ? 'no sheet is left' : `sheet ${integerText(sheet)} is next`;
  return `${RECOVERY} the lease of ${holder} (epoch ${epoch}) ${when}; ${from}`;
}

/** The job as an operator, or its holder, wants it. */
export function applyRequest(
  state: CheckpointState,
  { request, message, now }: { request: LeaseRequest; message: string | null; now: Timestamp },
): CheckpointState {
  const freed = used(withoutLease(state));
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

/** The job that may be claimed again, whatever stopped it; its recoveries count anew. */
export function reopen(state: CheckpointState): CheckpointState {
  const undelayed = used(state);
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

/** A change by the holder or by anyone: who completes a sheet shows that the job does not kill its workers. */
export function afterChange(
  before: CheckpointState | null,
  after: CheckpointState,
): CheckpointState {
  const byHolder = before !== null && namedLeaseOf(before) !== null;
  const free = after.status === 'running' ? after : withoutLease(after);
  const ended = byHolder ? used(free) : free;
  const jobLease = jobLeaseOf(ended);
  if (jobLease.recoveries === 0 || before === null) return ended;
  if (progress(after)[0] <= progress(before)[0]) return ended;
  return withJobLease(ended, { ...jobLease, recoveries: 0 });
}
