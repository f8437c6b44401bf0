import { type Availability, protectedUntil } from '../availability/availability.ts';
import type { Clock } from '../base/clock.ts';
import type { Timestamp } from '../base/timestamp.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { ok, type Result } from '../failure.ts';
import { jobLeaseOf, namedLeaseOf } from '../lease/job-lease.ts';
import type { Lease } from '../lease/lease.ts';
import { expireLease } from '../lease/rules.ts';
import { applyRequest, isLastRecovery, isUsed, recover, requestAtEnd } from '../lease/transfer.ts';
import { type ExpiredLeases, refundsOf } from '../storage/false-alarms.ts';
import type { LeaseStore } from '../storage/lease-store.ts';
import { present } from '../storage/precondition.ts';
import type { ObjectStore } from '../store.ts';
import type { LeaseTarget } from './holding.ts';
import { type Decide, keep, save, type Transact } from './transact.ts';

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
  /** The first step alone: ends a lease that may be taken, so that it is not renewed any more. */
  endExpired(leaseKey: string): Promise<Result<ExpiredLease>>;
}

/** What a look at a lease that may be over came to. */
export interface ExpiredLease {
  readonly isAlive: boolean;
  /** Null where the lease object is unreadable or gone. */
  readonly lease: Lease | null;
  readonly corrupt: string | null;
}

/** What became of the job. */
type Taken =
  | { readonly kind: 'orphan' }
  /** The job fails if all its recoveries count: their holders have to be looked at first. */
  | { readonly kind: 'last-recovery'; readonly jobId: string; readonly recoveries: number }
  | {
      readonly kind: 'taken';
      readonly outcome: Exclude<Expiry['outcome'], 'alive'>;
      readonly isCounted: boolean;
    };

export function createLeaseExpiry(parts: {
  store: ObjectStore;
  clock: Clock;
  leaseStore: LeaseStore;
  expiredLeases: ExpiredLeases;
  availability: Availability;
  transact: Transact;
}): LeaseExpiry {
  const { store, clock, leaseStore, expiredLeases, availability, transact } = parts;

  /** `refunds` are recoveries that were false alarms; null where nobody has looked. */
  function decideOn(
    { jobKey, leaseId }: LeaseTarget,
    lease: Lease | null,
    refunds: number | null,
  ): Decide<Taken> {
    return ({ current, now }) => {
      const jobId = current?.kind === 'job' ? current.state.job_id : (lease?.job_id ?? jobKey);
      const job = present(jobId, current, key => store.locate(key));
      if (!job.ok) return job;
      const { state } = job.value;
      if (namedLeaseOf(state)?.id !== leaseId) return keep<Taken>({ kind: 'orphan' });
      if (refunds === null && isLastRecovery(state, lease)) {
        return keep<Taken>({
          kind: 'last-recovery',
          jobId,
          recoveries: jobLeaseOf(state).recoveries,
        });
      }
      const isCounted = isUsed(state, lease);
      const taken = takenFrom(state, lease, { now, refunds: refunds ?? 0 });
      // What is not running was stopped by another program, and waits for what that decides.
      if (state.status !== 'running')
        return save<Taken>(taken, () => ({ kind: 'taken', outcome: 'orphan', isCounted }));
      const outcome = outcomeOf(taken);
      return save<Taken>(
        taken,
        () => ({ kind: 'taken', outcome, isCounted }),
        lease?.requested === 'pause' ? 'withhold' : 'announce',
      );
    };
  }

  async function endExpired(leaseKey: string): Promise<Result<ExpiredLease>> {
    const reachability = await availability.getReachability(clock.now());
    return leaseStore.change<ExpiredLease>(leaseKey, current => {
      if (current === null) return ok({ outcome: { isAlive: false, lease: null, corrupt: null } });
      if (current.kind === 'corrupt')
        return ok({ outcome: { isAlive: false, lease: null, corrupt: current.reason } });
      const { lease } = current;
      const isAlive =
        protectedUntil(reachability, { key: leaseKey, lease, now: clock.now() }) !== null;
      if (isAlive || lease.expired) return ok({ outcome: { isAlive, lease, corrupt: null } });
      const over = expireLease(lease);
      return ok({ write: over, outcome: { isAlive, lease: over, corrupt: null } });
    });
  }

  return {
    endExpired,

    /*
     * 1. the lease is ended: from here on it is not renewed
     * 2. the hint is written, and the job changed to `paused` if it still names the lease
     * 3. the expired lease is recorded, 4. the lease object removed
     *
     * The change of the job is the point of no return: before it the next sweep begins again, after it
     * the lease object is an orphan that the next sweep removes.
     */
    async expire(place) {
      const { jobKey, leaseKey } = place;
      const over = await endExpired(leaseKey);
      if (!over.ok) return over;
      const { isAlive, lease, corrupt } = over.value;
      if (isAlive) return ok({ outcome: 'alive', corrupt });
      const target = { key: jobKey, jobId: lease?.job_id ?? jobKey };
      const take = (refunds: number | null) =>
        transact(target, { token: null }, decideOn(place, lease, refunds));

      let changed = await take(null);
      let refunded: readonly string[] = [];
      // Before a job fails it is asked whether all that it was recovered from were dead.
      if (changed.ok && changed.value.kind === 'last-recovery') {
        const { jobId, recoveries } = changed.value;
        refunded = refundsOf(await expiredLeases.of(jobId), recoveries);
        changed = await take(refunded.length);
      }
      if (!changed.ok && changed.failure.code !== 'job_not_found') return changed;

      const taken = changed.ok && changed.value.kind === 'taken' ? changed.value : null;
      const outcome = taken?.outcome ?? 'orphan';
      const hasDied = lease !== null && lease.ended_at === null && outcome !== 'orphan';
      if (hasDied)
        await expiredLeases.note(lease, { isCounted: taken?.isCounted ?? false, refunded });
      await leaseStore.remove(leaseKey);
      return ok({ outcome, corrupt });
    },
  };
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

function outcomeOf({ status }: CheckpointState): Exclude<Expiry['outcome'], 'alive'> {
  if (status === 'failed') return 'failed';
  return status === 'cancelled' ? 'cancelled' : 'recovered';
}
