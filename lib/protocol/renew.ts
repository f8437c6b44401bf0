import { ok, type Result } from '../failure.ts';
import { safeName } from '../keys/job-id.ts';
import type { Lease } from '../lease/lease.ts';
import { type Beat, isRenewable, lateSeconds, renewed } from '../lease/rules.ts';
import { type PresentedToken, provesDigest } from '../lease/token.ts';
import type { CurrentLease } from '../storage/lease-store.ts';
import { StoreError } from '../store.ts';
import type { ProtocolContext } from './context.ts';
import { type LostLeases, OTHER_JOB, otherJob } from './write-access.ts';

export interface LeaseRenewal {
  /**
   * Renews the lease that the token names: one get and one put, of the lease object alone. A lease that is
   * over by the clock is renewed as well while nobody has taken it. `jobId` is whose lease it must be,
   * null for any. Failure: `lease_lost`.
   */
  renew(token: PresentedToken, jobId: string | null, beat: Beat): Promise<Result<Lease>>;
}

export function createLeaseRenewal(
  {
    leaseStore,
    clock,
    availability,
    memory,
  }: Pick<ProtocolContext, 'leaseStore' | 'clock' | 'availability' | 'memory'>,
  lost: LostLeases,
): LeaseRenewal {
  async function change(
    leaseKey: string,
    decide: Parameters<ProtocolContext['leaseStore']['change']>[1],
  ): Promise<Result<CurrentLease>> {
    try {
      const changed = await leaseStore.change(leaseKey, decide);
      if (!changed.ok) availability.missed(leaseKey, clock.now());
      return changed;
    } catch (error) {
      if (error instanceof StoreError) availability.missed(leaseKey, clock.now());
      throw error;
    }
  }

  return {
    async renew(token, jobId, beat) {
      if (jobId !== null && safeName(jobId) !== token.safeName) return otherJob(jobId);
      let found: CurrentLease = null;
      let refused: string | null = null;
      let late = 0;
      const changed = await change(token.leaseKey, current => {
        const now = clock.now();
        found = current;
        refused = refusal(token, current) ?? ofOther(jobId, current);
        if (refused !== null || current?.kind !== 'lease') return ok(null);
        late = lateSeconds(current.lease, now);
        return ok(renewed(current.lease, beat, now));
      });
      if (!changed.ok) return changed;
      const lease = leaseIn(changed.value);
      if (refused === null && lease !== null) {
        if (late > 0) memory.lateRenewals.add(late);
        return ok(lease);
      }
      const known = leaseIn(found);
      return lost.failure(token, {
        jobId: jobId ?? known?.job_id ?? null,
        reason: refused ?? GONE,
        ...(known === null ? {} : { lease: known }),
      });
    },
  };
}

const GONE = 'The lease is over: it was released, or taken when it had expired';

function refusal(token: PresentedToken, current: CurrentLease): string | null {
  if (current === null) return GONE;
  if (current.kind === 'corrupt') return 'The lease cannot be read any more';
  const { lease } = current;
  if (!provesDigest(token, lease.token_sha256)) return 'The token is not that of the lease';
  return isRenewable(lease) ? null : GONE;
}

function ofOther(jobId: string | null, current: CurrentLease): string | null {
  const lease = leaseIn(current);
  const other = jobId !== null && lease !== null && lease.job_id !== jobId;
  return other ? OTHER_JOB : null;
}

function leaseIn(current: CurrentLease): Lease | null {
  return current?.kind === 'lease' ? current.lease : null;
}
