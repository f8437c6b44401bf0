import type { Timestamp } from '../base/timestamp.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { allSheetsDone } from '../checkpoint/progress.ts';
import { failJob, pauseJob } from '../checkpoint/transitions.ts';
import { startedWithGrant } from './first-start.ts';
import { type Delay, jobLeaseOf, withJobLease, withoutDelay, withoutLease } from './job-lease.ts';
import type { Lease } from './lease.ts';
import { recoveryMessage } from './recovery-message.ts';
import { expiryOf, millisBetween } from './rules.ts';
import { completeIfDone, handBack } from './transfer.ts';

/** At this recovery the job fails, so that a job that crashes its workers does not do so for ever. */
export const MAX_RECOVERIES = 3;

/**
 * Whether the holder sent a heartbeat or wrote the job. A sheet that was started with the grant may have run, and have
 * crashed its worker, so it counts as a write. If the lease object is missing, its heartbeats are unknown, so the lease
 * counts as used.
 */
export function isUsed(state: CheckpointState, lease: Lease | null): boolean {
  const named = jobLeaseOf(state).lease;
  if (lease === null || named === null || lease.renewals > 0) return true;
  if (startedWithGrant(state) !== null) return true;
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
export function delayedUntil(
  { delay }: { readonly delay: Pick<Delay, 'until'> | null },
  now: Timestamp,
): Timestamp | null {
  if (delay === null) return null;
  const leftMs = millisBetween(now, delay.until);
  // No delay is longer. A clock has jumped.
  return leftMs > 0 && leftMs <= LONGEST_DELAY_SECONDS * 1000 ? delay.until : null;
}
