import { type Availability, heldUntil } from '../availability/availability.ts';
import type { Clock } from '../base/clock.ts';
import type { Timestamp } from '../base/timestamp.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { ok, type Result } from '../failure.ts';
import { jobLeaseOf, namedLeaseOf } from '../lease/job-lease.ts';
import type { Lease } from '../lease/lease.ts';
import { expired as expiredLease } from '../lease/rules.ts';
import { applyRequest, isLastRecovery, isUsed, recover, requestAtEnd } from '../lease/transfer.ts';
import { type ExpiredLeases, refundsOf } from '../storage/false-alarms.ts';
import { type JobWriter, keeping, saving } from '../storage/job-writer.ts';
import type { LeaseStore } from '../storage/lease-store.ts';
import { present } from '../storage/precondition.ts';
import type { ObjectStore } from '../store.ts';

export interface LeaseTarget {
  readonly jobKey: string;
  readonly leaseKey: string;
  readonly leaseId: string;
}

export interface Expiry {
  /**
   * `alive`: the lease runs, nothing was done. `orphan`: no job names the lease, and it is gone now. The
   * rest is what became of the job; `recovered` is also one that had nothing left to run, and is completed.
   */
  readonly outcome: 'alive' | 'orphan' | 'recovered' | 'failed' | 'cancelled';
  /** Why the lease object could not be read, where it is there and cannot. */
  readonly corrupt: string | null;
}

export interface LeaseExpiry {
  /**
   * Takes a job from a holder that is dead by the clock and could have been heard. Where the lease object
   * is unreadable or gone nobody can renew it, and the job is taken as well. Failure: `state_corrupt`.
   */
  expire(target: LeaseTarget): Promise<Result<Expiry>>;
  /** The first step alone: a lease that may be taken is ended, and not renewed any more. */
  endLease(leaseKey: string): Promise<Result<LeaseEnd>>;
}

/** What a look at a lease that may be over came to. */
export interface LeaseEnd {
  readonly alive: boolean;
  /** Null where the lease object is unreadable or gone. */
  readonly lease: Lease | null;
  readonly corrupt: string | null;
}

export function createLeaseExpiry(parts: {
  store: ObjectStore;
  clock: Clock;
  writer: JobWriter;
  leaseStore: LeaseStore;
  expiredLeases: ExpiredLeases;
  availability: Availability;
}): LeaseExpiry {
  const { store, clock, writer, leaseStore, expiredLeases, availability } = parts;

  /*
   * 1. the lease is ended: from here on it is not renewed
   * 2. the hint is written, and the job changed to `paused` if it still names the lease
   * 3. the lapse is noted, 4. the lease object removed
   *
   * The change of the job is the point of no return: before it the next sweep begins again, after it
   * the lease object is an orphan that the next sweep removes.
   */
  async function expire({ jobKey, leaseKey, leaseId }: LeaseTarget): Promise<Result<Expiry>> {
    const over = await endLease(leaseKey);
    if (!over.ok) return over;
    const { alive, lease, corrupt } = over.value;
    if (alive) return ok({ outcome: 'alive', corrupt });

    let outcome: Expiry['outcome'] = 'orphan';
    let isCounted = false;
    let recoveries: number | null = null;
    const take = (refunds: number | null) =>
      writer.change(jobKey, (current, now) => {
        outcome = 'orphan';
        recoveries = null;
        const jobId = current?.kind === 'job' ? current.state.job_id : (lease?.job_id ?? jobKey);
        const job = present(jobId, current, key => store.locate(key));
        if (!job.ok) return job;
        const { state } = job.value;
        if (namedLeaseOf(state)?.id !== leaseId) return keeping(job.value);
        if (refunds === null && isLastRecovery(state, lease)) {
          recoveries = jobLeaseOf(state).recoveries;
          return keeping(job.value);
        }
        isCounted = isUsed(state, lease);
        const taken = takenFrom(state, lease, { now, refunds: refunds ?? 0 });
        // What is not running was stopped by another program, and waits for whom it is to wait.
        if (state.status !== 'running') return saving(taken);
        outcome = outcomeOf(taken);
        return saving(taken, lease?.requested === 'pause' ? 'withhold' : 'announce');
      });
    let changed = await take(null);
    let refunded: readonly string[] = [];
    // Before a job fails it is asked whether all that it was recovered from were dead.
    if (changed.ok && recoveries !== null) {
      refunded = refundsOf(await expiredLeases.of(changed.value.state.job_id), recoveries);
      changed = await take(refunded.length);
    }
    if (!changed.ok && changed.failure.code !== 'job_not_found') return changed;

    const died = lease !== null && lease.ended_at === null && outcome !== 'orphan';
    if (died) await expiredLeases.note(lease, { isCounted, refunded });
    await leaseStore.remove(leaseKey);
    return ok({ outcome, corrupt });
  }

  async function endLease(leaseKey: string): Promise<Result<LeaseEnd>> {
    const hearing = await availability.hearing(clock.now());
    // Judged once: a lease that is not marked must not be taken for one that is over a moment later.
    let alive = false;
    const marked = await leaseStore.change(leaseKey, current => {
      alive = false;
      if (current?.kind !== 'lease') return ok(null);
      const { lease } = current;
      alive = heldUntil(hearing, { key: leaseKey, lease, now: clock.now() }) !== null;
      return ok(lease.expired || alive ? null : expiredLease(lease));
    });
    if (!marked.ok) return marked;
    const lease = marked.value?.kind === 'lease' ? marked.value.lease : null;
    const corrupt = marked.value?.kind === 'corrupt' ? marked.value.reason : null;
    return ok({ alive, lease, corrupt });
  }

  return { expire, endLease };
}

/** What an operator had asked of the holder is done now, for no holder will. */
function takenFrom(
  state: CheckpointState,
  lease: Lease | null,
  { now, refunds }: { now: Timestamp; refunds: number },
): CheckpointState {
  const request = requestAtEnd(state, lease);
  if (lease === null || request === null || state.status !== 'running') {
    return recover(state, { lease, now, refunds });
  }
  return applyRequest(state, { request, message: lease.request_message, now });
}

function outcomeOf({ status }: CheckpointState): Expiry['outcome'] {
  if (status === 'failed') return 'failed';
  return status === 'cancelled' ? 'cancelled' : 'recovered';
}
