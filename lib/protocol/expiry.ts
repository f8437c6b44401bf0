import { type Availability, protectedUntil } from '../availability/availability.ts';
import type { Clock } from '../base/clock.ts';
import type { Timestamp } from '../base/timestamp.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { ok, type Result } from '../failure.ts';
import { safeNameOf } from '../keys/job-id.ts';
import { recordChange } from '../lease/history.ts';
import { jobLeaseOf, namedLeaseOf } from '../lease/job-lease.ts';
import { keepProgress } from '../lease/kept-progress.ts';
import type { Lease } from '../lease/lease.ts';
import { isLastRecovery, isUsed, recover } from '../lease/recovery.ts';
import { expireLease } from '../lease/rules.ts';
import { requestAtEnd } from '../lease/transfer.ts';
import { type ExpiredLeases, refundsOf } from '../storage/false-alarms.ts';
import type { LeaseStore } from '../storage/leases/lease-store.ts';
import { requireJob } from '../storage/precondition.ts';
import type { RecoveryTally } from '../storage/recovery-tally.ts';
import type { ObjectStore } from '../store.ts';
import type { LeaseTarget } from './holding.ts';
import { carryOutRequest } from './pending-request.ts';
import type { TornLeases } from './torn-lease.ts';
import { type Decide, keep, save, type Transact } from './transact.ts';

export interface Expiry {
  /**
   * `alive`: the lease still runs, and nothing was changed. `orphan`: no running job named the lease, and it was
   * removed. The others are what happened to the job; `recovered` includes a job with no sheet left to run,
   * which is completed.
   */
  readonly outcome: 'alive' | 'orphan' | 'recovered' | 'failed' | 'cancelled';
  /** Why the lease object is unreadable; null if it is readable or missing. */
  readonly corrupt: string | null;
}

export interface LeaseExpiry {
  /**
   * Recovers the job of a lease that has expired while the service could receive heartbeats. A lease whose object
   * is unreadable has expired when it was granted. A lease whose object is missing cannot be renewed, so its job is
   * recovered too. Failure: `state_corrupt`.
   */
  expire(target: LeaseTarget): Promise<Result<Expiry>>;
  /** Only the first step: ends an expired lease, so that it cannot be renewed. */
  endExpired(leaseKey: string): Promise<Result<LeaseCheck>>;
}

/** A lease that was checked, and ended if it has expired. */
export interface LeaseCheck {
  readonly isAlive: boolean;
  /** Null if the lease object is missing, or unreadable and not named by its job. */
  readonly lease: Lease | null;
  readonly corrupt: string | null;
}

/** What happened to the job. */
type Taken =
  | { readonly kind: 'orphan' }
  /** The job fails unless an earlier recovery was a false alarm: the records of expired leases must be read first. */
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
  torn: TornLeases;
  recoveries: RecoveryTally;
  transact: Transact;
}): LeaseExpiry {
  const { store, clock, leaseStore, expiredLeases, availability, torn, transact } = parts;
  const { recoveries } = parts;

  /** `refunds` is the number of recoveries that were false alarms; null if the records were not read. */
  function decideOn(
    { jobKey, leaseId }: LeaseTarget,
    lease: Lease | null,
    refunds: number | null,
  ): Decide<Taken> {
    return ({ current, now }) => {
      const jobId =
        current?.kind === 'job' ? current.state.job_id : (lease?.job_id ?? safeNameOf(jobKey));
      const job = requireJob(jobId, current, key => store.locate(key));
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
      const freed = takenFrom(state, lease, { now, refunds: refunds ?? 0 });
      const taken = keepProgress(freed, lease);
      // Another program has stopped the job. The job only loses its lease.
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

  async function endExpired(leaseKey: string): Promise<Result<LeaseCheck>> {
    const reachability = await availability.getReachability(clock.now());

    /** `rebuilt` takes the place of a lease that cannot be read. It is stored in any case, alive or ended. */
    function check(rebuilt: Lease | null): Promise<Result<LeaseCheck>> {
      return leaseStore.change<LeaseCheck>(leaseKey, current => {
        const corrupt = current?.kind === 'corrupt' ? current.reason : null;
        const lease = current?.kind === 'lease' ? current.lease : rebuilt;
        if (current === null || lease === null)
          return ok({ outcome: { isAlive: false, lease: null, corrupt } });
        const now = clock.now();
        const until = protectedUntil(reachability, { key: leaseKey, lease, now });
        const isAlive = until !== null;
        if (corrupt !== null && isAlive) {
          const restored = { ...lease, expires_at: until };
          return ok({ write: restored, outcome: { isAlive, lease: restored, corrupt } });
        }
        if (isAlive || lease.expired) return ok({ outcome: { isAlive, lease, corrupt } });
        const ended = expireLease(lease);
        return ok({ write: ended, outcome: { isAlive, lease: ended, corrupt } });
      });
    }

    const checked = await check(null);
    if (!checked.ok || checked.value.corrupt === null) return checked;
    const rebuilt = await torn.rebuild(leaseKey, clock.now());
    return rebuilt === null ? checked : check(rebuilt);
  }

  return {
    endExpired,

    /*
     * 1. It ends the lease, so that it cannot be renewed.
     * 2. It writes the hint, and pauses the job if the job still names the lease.
     * 3. It records the expired lease. 4. It removes the lease object.
     *
     * The change of the job is the point of no return. After a crash before it, the next sweep starts again.
     * After a crash behind it, the lease object is an orphan, and the next sweep removes it.
     */
    async expire(leaseTarget) {
      const { jobKey, leaseKey } = leaseTarget;
      const checked = await endExpired(leaseKey);
      if (!checked.ok) return checked;
      const { isAlive, lease, corrupt } = checked.value;
      if (isAlive) return ok({ outcome: 'alive', corrupt });
      const target = { key: jobKey, jobId: lease?.job_id ?? safeNameOf(jobKey) };
      const take = (refunds: number | null) =>
        transact(target, { token: null }, decideOn(leaseTarget, lease, refunds));

      let changed = await take(null);
      let refunded: readonly string[] = [];
      // Before the job fails, check whether earlier recoveries were false alarms.
      if (changed.ok && changed.value.kind === 'last-recovery') {
        const { jobId, recoveries: counted } = changed.value;
        refunded = refundsOf(await expiredLeases.of(jobId), counted);
        changed = await take(refunded.length);
      }
      if (!changed.ok && changed.failure.code !== 'job_not_found') return changed;

      const taken = changed.ok && changed.value.kind === 'taken' ? changed.value : null;
      const outcome = taken?.outcome ?? 'orphan';
      if (outcome !== 'orphan') recoveries.add(outcome);
      const hasDied = lease !== null && lease.ended_at === null && outcome !== 'orphan';
      if (hasDied)
        await expiredLeases.note(lease, { isCounted: taken?.isCounted ?? false, refunded });
      // A missing object may be created by a repeated call at this very moment.
      if (lease !== null || corrupt !== null) await leaseStore.remove(leaseKey);
      return ok({ outcome, corrupt });
    },
  };
}

/** Carries out a pending request of an operator, as its holder can no longer do so; else recovers the job. */
function takenFrom(
  state: CheckpointState,
  lease: Lease | null,
  { now, refunds }: { now: Timestamp; refunds: number },
): CheckpointState {
  const request = requestAtEnd(state, lease);
  if (lease === null || request === null || state.status !== 'running') {
    const recovered = recover(state, { lease, now, refunds });
    const isReleased = lease !== null && lease.ended_at !== null;
    return recordChange(state, recovered, {
      event: isReleased ? 'released' : 'expired',
      by: null,
      reason: isReleased ? null : reasonOf(recovered),
      now,
    });
  }
  return carryOutRequest(state, { lease, request, now });
}

/** The message of the recovery. Null if the job needed none: it was completed, or another program has stopped it. */
function reasonOf({ status, error_message: message }: CheckpointState): string | null {
  return status === 'paused' || status === 'failed' ? message : null;
}

function outcomeOf({ status }: CheckpointState): Exclude<Expiry['outcome'], 'alive'> {
  if (status === 'failed') return 'failed';
  return status === 'cancelled' ? 'cancelled' : 'recovered';
}
