import { awaitAll } from '../base/await-all.ts';
import { ok, type Result } from '../failure.ts';
import { safeName } from '../keys/job-id.ts';
import type { Lease } from '../lease/lease.ts';
import { type Beat, isRenewable, lateSeconds, renewLease } from '../lease/rules.ts';
import { type PresentedToken, provesDigest } from '../lease/token.ts';
import type { CurrentLease } from '../storage/leases/lease-objects.ts';
import type { RenewalRequest } from '../storage/leases/lease-renewals.ts';
import { StoreError } from '../store.ts';
import type { ProtocolContext } from './context.ts';
import { leaseLost, OTHER_JOB, tokenOfOtherJob } from './lost-lease.ts';

/** A heartbeat. */
export interface RenewalCall {
  readonly token: PresentedToken;
  readonly beat: Beat;
}

export interface LeaseRenewal {
  /**
   * Renews the lease that the token names. It does not read the job. Costs one get and one put of the lease object, or
   * a look at its version where the renewal stays in memory first. An expired lease can still be renewed until another
   * caller or a sweep takes the job. `jobId` is the job that the lease must belong to, null for any. Failure:
   * `lease_lost`. Rejects with a `StoreError` if the store fails.
   */
  renew(token: PresentedToken, jobId: string | null, beat: Beat): Promise<Result<Lease>>;
  /** As `renew` for each, of any jobs, at one time. An error of the store is the outcome of its lease alone. */
  renewAll(calls: readonly RenewalCall[]): Promise<readonly (Result<Lease> | StoreError)[]>;
}

/** The renewed lease, or the reason why it was not renewed, with the lease that was found. */
type Renewed =
  | { readonly kind: 'renewed'; readonly lease: Lease; readonly lateSeconds: number }
  | { readonly kind: 'refused'; readonly reason: string; readonly found: Lease | null };

export function createLeaseRenewal({
  leaseRenewals,
  clock,
  availability,
  memory,
  lost,
}: Pick<
  ProtocolContext,
  'leaseRenewals' | 'clock' | 'availability' | 'memory' | 'lost'
>): LeaseRenewal {
  function requestOf({ token, beat }: RenewalCall, jobId: string | null): RenewalRequest<Renewed> {
    return {
      key: token.leaseKey,
      decide(current, now) {
        const found = leaseIn(current);
        const reason = refusalReason(token, current) ?? otherJobReason(jobId, found);
        if (found === null || reason !== null)
          return ok({ outcome: { kind: 'refused', reason: reason ?? GONE, found } });
        const lease = renewLease(found, beat, now);
        const outcome = { kind: 'renewed', lease, lateSeconds: lateSeconds(found, now) } as const;
        return ok({ write: lease, outcome });
      },
    };
  }

  /** What the caller gets. A promise only where the lease is lost: it says how late the holder is. */
  function answer(
    renewed: Result<Renewed> | StoreError,
    { token }: RenewalCall,
    jobId: string | null,
  ): Result<Lease> | StoreError | Promise<Result<Lease> | StoreError> {
    if (renewed instanceof StoreError || !renewed.ok) {
      availability.recordMissedRenewal(token.leaseKey, clock.now());
      return renewed;
    }
    const { value } = renewed;
    if (value.kind === 'renewed') {
      if (value.lateSeconds > 0) memory.lateRenewals.add(value.lateSeconds);
      return ok(value.lease);
    }
    const { reason, found } = value;
    const { failure } = leaseLost(jobId ?? found?.job_id ?? null, reason);
    return lost.withLateness(failure, token, found ?? undefined).catch(onlyStoreError);
  }

  async function renewAll(
    calls: readonly RenewalCall[],
    jobId: string | null,
  ): Promise<readonly (Result<Lease> | StoreError)[]> {
    const renewed = await leaseRenewals.renew(calls.map(call => requestOf(call, jobId)));
    return awaitAll(
      calls.map((call, index) => {
        const one = renewed[index];
        if (one === undefined) throw new TypeError('A renewal has no outcome');
        return answer(one, call, jobId);
      }),
    );
  }

  return {
    async renew(token, jobId, beat) {
      if (jobId !== null && safeName(jobId) !== token.safeName) return tokenOfOtherJob(jobId);
      const [answered] = await renewAll([{ token, beat }], jobId);
      if (answered === undefined || answered instanceof StoreError) throw answered;
      return answered;
    },

    renewAll: calls => renewAll(calls, null),
  };
}

const GONE = 'The lease is over: it was released, or taken when it had expired';

function refusalReason(token: PresentedToken, current: CurrentLease): string | null {
  if (current === null) return GONE;
  if (current.kind === 'corrupt') return 'The lease cannot be read any more';
  const { lease } = current;
  if (!provesDigest(token, lease.token_sha256)) return 'The token is not that of the lease';
  return isRenewable(lease) ? null : GONE;
}

function otherJobReason(jobId: string | null, lease: Lease | null): string | null {
  return jobId !== null && lease !== null && lease.job_id !== jobId ? OTHER_JOB : null;
}

function leaseIn(current: CurrentLease): Lease | null {
  return current?.kind === 'lease' ? current.lease : null;
}

function onlyStoreError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  throw error;
}
