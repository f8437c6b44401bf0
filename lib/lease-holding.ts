import type { Clock } from './clock.ts';
import { fail, type Result } from './failure.ts';
import { jobKey } from './job-id.ts';
import { jobLeaseOf, type NamedLease, namedLeaseOf } from './lease/job-lease.ts';
import { type Lease, leaseKey } from './lease/lease.ts';
import { isRunning, secondsLeft } from './lease/lease-rules.ts';
import type { LeaseBook } from './lease-book.ts';
import type { LeaseTarget } from './lease-expiry.ts';
import type { CheckpointState } from './state/checkpoint.ts';

/** In whose hands a job is. */
export type Holding =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'live'; readonly named: NamedLease; readonly lease: Lease }
  | {
      readonly kind: 'dead';
      readonly named: NamedLease;
      /** Null where the lease object is unreadable or gone: nobody can renew such a lease. */
      readonly lease: Lease | null;
      readonly corrupt: string | null;
      readonly target: LeaseTarget;
    };

export interface LeaseHoldings {
  /** Whether the lease that the state names lives. One get, none where it names no lease. */
  of(state: CheckpointState): Promise<Holding>;
}

export function createLeaseHoldings({
  book,
  clock,
}: {
  book: LeaseBook;
  clock: Clock;
}): LeaseHoldings {
  return {
    async of(state) {
      const named = namedLeaseOf(state);
      if (named === null) return { kind: 'nobody' };
      const key = leaseKey(state.job_id, named.id);
      const current = await book.read(key);
      const lease = current?.kind === 'lease' ? current.lease : null;
      if (lease !== null && isRunning(lease, clock.now())) return { kind: 'live', named, lease };
      const corrupt = current?.kind === 'corrupt' ? current.reason : null;
      const target = { jobKey: jobKey(state.job_id), leaseKey: key, leaseId: named.id };
      return { kind: 'dead', named, lease, corrupt, target };
    },
  };
}

/** What a caller hears who wants a job that another one holds. */
export function heldBy(
  state: CheckpointState,
  { named, lease }: Extract<Holding, { kind: 'live' }>,
  clock: Clock,
): Result<never> {
  const now = clock.now();
  return fail({
    code: 'lease_held',
    jobId: state.job_id,
    holder: named.holder,
    epoch: jobLeaseOf(state).epoch,
    expiresAt: lease.expires_at,
    retryAfterSeconds: secondsLeft(lease, now),
    serverTime: now,
  });
}
