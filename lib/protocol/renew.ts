import { ok, type Result } from '../failure.ts';
import { safeName } from '../keys/job-id.ts';
import type { Lease } from '../lease/lease.ts';
import { type Beat, isRenewable, lateSeconds, renewLease } from '../lease/rules.ts';
import { type PresentedToken, provesDigest } from '../lease/token.ts';
import type { CurrentLease, LeaseChange } from '../storage/lease-store.ts';
import { StoreError } from '../store.ts';
import type { ProtocolContext } from './context.ts';
import { leaseLost, OTHER_JOB, tokenOfOtherJob } from './lost-lease.ts';

export interface LeaseRenewal {
  /**
   * Renews the lease that the token names. Costs one get and one put of the lease object; it does not read the
   * job. An expired lease can still be renewed until another caller or a sweep takes the job. `jobId` is the
   * job that the lease must belong to, null for any. Failure: `lease_lost`.
   */
  renew(token: PresentedToken, jobId: string | null, beat: Beat): Promise<Result<Lease>>;
}

/** The renewed lease, or the reason why it was not renewed, with the lease that was found. */
type Renewed =
  | { readonly kind: 'renewed'; readonly lease: Lease; readonly lateSeconds: number }
  | { readonly kind: 'refused'; readonly reason: string; readonly found: Lease | null };

export function createLeaseRenewal({
  leaseStore,
  clock,
  availability,
  memory,
  lost,
}: Pick<
  ProtocolContext,
  'leaseStore' | 'clock' | 'availability' | 'memory' | 'lost'
>): LeaseRenewal {
  async function change(
    leaseKey: string,
    decide: (current: CurrentLease) => LeaseChange<Renewed>,
  ): Promise<Result<Renewed>> {
    try {
      const changed = await leaseStore.change(leaseKey, current => ok(decide(current)));
      if (!changed.ok) availability.recordMissedRenewal(leaseKey, clock.now());
      return changed;
    } catch (error) {
      if (error instanceof StoreError) availability.recordMissedRenewal(leaseKey, clock.now());
      throw error;
    }
  }

  return {
    async renew(token, jobId, beat) {
      if (jobId !== null && safeName(jobId) !== token.safeName) return tokenOfOtherJob(jobId);
      const changed = await change(token.leaseKey, current => {
        const found = leaseIn(current);
        const reason = refusalReason(token, current) ?? otherJobReason(jobId, found);
        if (found === null || reason !== null)
          return { outcome: { kind: 'refused', reason: reason ?? GONE, found } };
        const now = clock.now();
        const lease = renewLease(found, beat, now);
        const outcome = { kind: 'renewed', lease, lateSeconds: lateSeconds(found, now) } as const;
        return { write: lease, outcome };
      });
      if (!changed.ok) return changed;
      if (changed.value.kind === 'renewed') {
        if (changed.value.lateSeconds > 0) memory.lateRenewals.add(changed.value.lateSeconds);
        return ok(changed.value.lease);
      }
      const { reason, found } = changed.value;
      const { failure } = leaseLost(jobId ?? found?.job_id ?? null, reason);
      return lost.withLateness(failure, token, found ?? undefined);
    },
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
