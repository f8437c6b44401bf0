import { integerText } from '../schema/integer.ts';
import type { CheckpointState } from '../state/checkpoint.ts';
import { nextSheet, progress } from '../state/progress.ts';
import type { JobStatus } from '../state/status.ts';
import { markJobCancelled, markJobFailed, markJobPaused } from '../state/transitions.ts';
import type { Timestamp } from '../timestamp.ts';
import { unreachable } from '../unreachable.ts';
import { jobLeaseOf, withJobLease, withoutLease } from './job-lease.ts';
import type { Lease, LeaseRequest } from './lease.ts';

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
  const { recoveries } = jobLeaseOf(state);
  const started: CheckpointState = {
    ...state,
    status: 'running',
    started_at: state.started_at ?? changeAt,
    completed_at: null,
    // What the last recovery said is over; any other message is not ours to take back.
    error_message: state.error_message?.startsWith(RECOVERY) === true ? null : state.error_message,
  };
  return withJobLease(started, {
    epoch: lease.epoch,
    recoveries,
    lease: {
      id: lease.lease_id,
      holder: lease.holder,
      token_sha256: lease.token_sha256,
      acquired_at: changeAt,
    },
  });
}

/** The job given back by its holder: it goes on from where it stands. */
export function handBack(state: CheckpointState): CheckpointState {
  const freed = withoutLease(state);
  return freed.status === 'running' ? markJobPaused(freed) : freed;
}

/** The job taken from a holder that has not been heard of. */
export function recover(
  state: CheckpointState,
  { lease, now }: { lease: Lease | null; now: Timestamp },
): CheckpointState {
  // Another program may have finished the job meanwhile, and what is finished stays so.
  if (state.status !== 'running') return withoutLease(state);
  // The holder had let go of it, or an operator had taken it: nobody died.
  if (lease !== null && lease.ended_at !== null) return handBack(state);
  const jobLease = jobLeaseOf(state);
  const recoveries = jobLease.recoveries + 1;
  const freed = withJobLease(state, { ...jobLease, recoveries, lease: null });
  const message = recoveryMessage(state, lease);
  if (recoveries >= MAX_RECOVERIES) {
    const times = `Recovered ${recoveries} times with no sheet completed in between`;
    return markJobFailed(freed, `${times}. ${message}`, now);
  }
  return { ...markJobPaused(freed), error_message: message };
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
  const freed = withoutLease(state);
  switch (request) {
    case 'pause':
      return markJobPaused(freed);
    case 'cancel':
      return markJobCancelled(freed, now);
    case 'fail':
      return markJobFailed(freed, message ?? 'Failed on request', now);
    default:
      return unreachable(request);
  }
}

/** The job that may be claimed again, whatever stopped it; its recoveries count anew. */
export function reopen(state: CheckpointState): CheckpointState {
  const jobLease = jobLeaseOf(state);
  const anew =
    jobLease.recoveries === 0 ? state : withJobLease(state, { ...jobLease, recoveries: 0 });
  if (anew.status === 'pending') return anew;
  const { error_message } = anew;
  return {
    ...markJobPaused(anew),
    completed_at: null,
    error_message: anew.status === 'failed' ? null : error_message,
  };
}

/** A change by the holder or by anyone: who completes a sheet shows that the job does not kill its workers. */
export function afterChange(
  before: CheckpointState | null,
  after: CheckpointState,
): CheckpointState {
  const ended = after.status === 'running' ? after : withoutLease(after);
  const jobLease = jobLeaseOf(ended);
  if (jobLease.recoveries === 0 || before === null) return ended;
  if (progress(after)[0] <= progress(before)[0]) return ended;
  return withJobLease(ended, { ...jobLease, recoveries: 0 });
}
