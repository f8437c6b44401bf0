import { awaitAll } from '../base/await-all.ts';
import type { Timestamp } from '../base/timestamp.ts';
import { ok, type Result } from '../failure.ts';
import { safeName } from '../keys/job-id.ts';
import type { Lease } from '../lease/lease.ts';
import { type Beat, isRenewable, lateSeconds, renewLease } from '../lease/rules.ts';
import { type PresentedToken, provesDigest } from '../lease/token.ts';
import type { CurrentLease } from '../storage/leases/lease-objects.ts';
import type { LeaseChange } from '../storage/leases/lease-store.ts';
import { StoreError } from '../store.ts';
import type { ProtocolContext } from './context.ts';
import { leaseLost, OTHER_JOB, tokenOfOtherJob } from './lost-lease.ts';

/** A heartbeat. */
export interface RenewalCall {
  readonly token: PresentedToken;
  readonly beat: Beat;
  /** The job that the lease must belong to. Any if it is null or left out. */
  readonly jobId?: string | null;
  /** The number of the object that the place of the lease tells what others change. None if it is null or left out. */
  readonly listener?: number | null;
}

export interface LeaseRenewal {
  /**
   * Renews the lease that the token names. It does not read the job. Costs one get and one put of the lease object, or
   * a look at its version where the renewal stays in memory first. An expired lease can still be renewed until another
   * caller or a sweep takes the job, and so can one whose object is unreadable, which costs a read of the job more.
   * `jobId` is the job that the lease must belong to, null for any. Failure:
   * `lease_lost`. Rejects with a `StoreError` if the store fails.
   */
  renew(token: PresentedToken, jobId: string | null, beat: Beat): Promise<Result<Lease>>;
  /** As `renew` for each, at one time. An error of the store is the outcome of its lease alone. */
  renewAll(calls: readonly RenewalCall[]): Promise<readonly (Result<Lease> | StoreError)[]>;
}

/** The renewed lease, or the reason why it was not renewed, with the lease that was found. */
type Renewed =
  | { readonly kind: 'renewed'; readonly lease: Lease; readonly lateSeconds: number }
  | { readonly kind: 'refused'; readonly reason: string; readonly found: Lease | null }
  /** The lease object is unreadable. */
  | { readonly kind: 'torn' };

const TORN: Renewed = { kind: 'torn' };

export function createLeaseRenewal({
  leaseRenewals,
  leaseChanges,
  leaseStore,
  clock,
  availability,
  memory,
  lost,
  torn,
}: Pick<
  ProtocolContext,
  | 'leaseRenewals'
  | 'leaseChanges'
  | 'leaseStore'
  | 'clock'
  | 'availability'
  | 'memory'
  | 'lost'
  | 'torn'
>): LeaseRenewal {
  /** `rebuilt` takes the place of a lease object that cannot be read. */
  function decide(
    { token, beat, jobId = null }: RenewalCall,
    current: CurrentLease,
    { now, rebuilt }: { now: Timestamp; rebuilt: Lease | null },
  ): LeaseChange<Renewed> {
    const found = current?.kind === 'lease' ? current.lease : current === null ? null : rebuilt;
    if (found === null && current !== null) return { outcome: TORN };
    const reason = refusalReason(token, found) ?? otherJobReason(jobId, found);
    if (found === null || reason !== null)
      return { outcome: { kind: 'refused', reason: reason ?? GONE, found } };
    const lease = renewLease(found, beat, now);
    const outcome = { kind: 'renewed', lease, lateSeconds: lateSeconds(found, now) } as const;
    return { write: lease, outcome };
  }

  /** Renews a lease whose object is unreadable. Only its holder has the token that the job names. */
  async function renewTorn(call: RenewalCall): Promise<Result<Lease>> {
    const { token, jobId = null } = call;
    const rebuilt = await torn.rebuild(token.leaseKey, clock.now());
    if (rebuilt === null) {
      const { failure } = leaseLost(jobId, 'The lease cannot be read any more');
      return lost.withLateness(failure, token);
    }
    const renewed = await leaseStore.change(token.leaseKey, current => {
      const now = clock.now();
      // It is not known when the lease expired, so its holder is not late.
      return ok(decide(call, current, { now, rebuilt: { ...rebuilt, expires_at: now } }));
    });
    if (renewed.ok && renewed.value.kind === 'torn') throw new TypeError('A rebuilt lease is torn');
    const answered = await answer(renewed, call);
    if (answered instanceof StoreError) throw answered;
    return answered;
  }

  /** What the caller gets. A promise only where more has to be read: for a lease that is lost or unreadable. */
  function answer(
    renewed: Result<Renewed> | StoreError,
    call: RenewalCall,
  ): Result<Lease> | StoreError | Promise<Result<Lease> | StoreError> {
    const { token, jobId = null } = call;
    if (renewed instanceof StoreError || !renewed.ok) {
      availability.recordMissedRenewal(token.leaseKey, clock.now());
      return renewed;
    }
    const { value } = renewed;
    switch (value.kind) {
      case 'renewed':
        if (value.lateSeconds > 0) memory.lateRenewals.add(value.lateSeconds);
        // A renewal that stays in memory does not pass through the lease store.
        leaseChanges.listener?.stored(token.leaseKey, value.lease);
        return ok(value.lease);
      case 'torn':
        return renewTorn(call).catch(onlyStoreError);
      case 'refused': {
        const { reason, found } = value;
        const { failure } = leaseLost(jobId ?? found?.job_id ?? null, reason);
        return lost.withLateness(failure, token, found ?? undefined).catch(onlyStoreError);
      }
      default:
        return value satisfies never;
    }
  }

  async function renewAll(
    calls: readonly RenewalCall[],
  ): Promise<readonly (Result<Lease> | StoreError)[]> {
    const renewed = await leaseRenewals.renew(
      calls.map(call => ({
        key: call.token.leaseKey,
        decide: (current: CurrentLease, now: Timestamp) =>
          ok(decide(call, current, { now, rebuilt: null })),
      })),
    );
    return awaitAll(
      calls.map((call, index) => {
        const one = renewed[index];
        if (one === undefined) throw new TypeError('A renewal has no outcome');
        return answer(one, call);
      }),
    );
  }

  return renewalBy(renewAll);
}

/** A renewal of one lease is one of several. */
export function renewalBy(renewAll: LeaseRenewal['renewAll']): LeaseRenewal {
  return {
    async renew(token, jobId, beat) {
      if (jobId !== null && safeName(jobId) !== token.safeName) return tokenOfOtherJob(jobId);
      const [answered] = await renewAll([{ token, beat, jobId }]);
      if (answered === undefined) throw new TypeError('A renewal has no answer');
      if (answered instanceof StoreError) throw answered;
      return answered;
    },

    renewAll,
  };
}

const GONE = 'The lease is over: it was released, or taken when it had expired';

function refusalReason(token: PresentedToken, lease: Lease | null): string | null {
  if (lease === null) return GONE;
  if (!provesDigest(token, lease.token_sha256)) return 'The token is not that of the lease';
  return isRenewable(lease) ? null : GONE;
}

function otherJobReason(jobId: string | null, lease: Lease | null): string | null {
  return jobId !== null && lease !== null && lease.job_id !== jobId ? OTHER_JOB : null;
}

function onlyStoreError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  throw error;
}
