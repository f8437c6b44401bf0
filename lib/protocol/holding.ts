import { type Availability, protectedUntil } from '../availability/availability.ts';
import type { Clock } from '../base/clock.ts';
import type { Timestamp } from '../base/timestamp.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { fail, type Result } from '../failure.ts';
import { jobKey } from '../keys/job-id.ts';
import { type NamedLease, namedLeaseOf } from '../lease/job-lease.ts';
import { type Lease, leaseKey, leaseKeysOf } from '../lease/lease.ts';
import { isRunning, secondsUntil } from '../lease/rules.ts';
import { rebuiltLease } from '../lease/torn-lease.ts';
import type { LeaseStore } from '../storage/leases/lease-store.ts';
import type { ObjectStore } from '../store.ts';

/** The keys of a lease and of its job. */
export interface LeaseTarget {
  readonly jobKey: string;
  readonly leaseKey: string;
  readonly leaseId: string;
}

/** The lease on a job, if any. `dead`: it has expired, and its holder may lose the job now. */
export type Holding =
  | { readonly kind: 'none' }
  | ({
      readonly kind: 'live';
      readonly named: NamedLease;
      /** Whether the lease object is unreadable. The lease is then rebuilt from the state, and not stored. */
      readonly isTorn: boolean;
      readonly target: LeaseTarget;
    } & LiveLease)
  | {
      readonly kind: 'dead';
      readonly named: NamedLease;
      /** Null if the lease object is unreadable or missing. */
      readonly lease: Lease | null;
      readonly corrupt: string | null;
      readonly target: LeaseTarget;
    };

/** A lease that may not be taken from its holder yet. */
export interface LiveLease {
  readonly lease: Lease;
  /** When it may be taken: at `expires_at`, or later if the service could not receive heartbeats in between. */
  readonly until: Timestamp;
}

export interface LeaseHoldings {
  /** The lease that the state names, and whether it runs. Costs one get, or none if the state names no lease. */
  of(state: CheckpointState): Promise<Holding>;
  /**
   * A running lease of a job whose state is unreadable, so that it does not say which lease it names; null if
   * no lease runs. Costs one list, and one get for each lease of the job.
   */
  ofUnreadable(jobId: string): Promise<LiveLease | null>;
}

export function createLeaseHoldings({
  store,
  leaseStore,
  clock,
  availability,
}: {
  store: ObjectStore;
  leaseStore: LeaseStore;
  clock: Clock;
  availability: Availability;
}): LeaseHoldings {
  /** Null if the lease may be taken now. */
  async function untilOf(key: string, lease: Lease): Promise<Timestamp | null> {
    const now = clock.now();
    // A lease that has not expired runs in any case: no need to ask when the service was reachable.
    if (isRunning(lease, now)) return lease.expires_at;
    return protectedUntil(await availability.getReachability(now), { key, lease, now });
  }

  return {
    async of(state) {
      const named = namedLeaseOf(state);
      if (named === null) return { kind: 'none' };
      const key = leaseKey(state.job_id, named.id);
      const target = { jobKey: jobKey(state.job_id), leaseKey: key, leaseId: named.id };
      const current = await leaseStore.read(key);
      const lease = current?.kind === 'lease' ? current.lease : null;
      const corrupt = current?.kind === 'corrupt' ? current.reason : null;
      const found = corrupt === null ? lease : rebuiltLease(state, { key, expiresAt: clock.now() });
      const until = found === null ? null : await untilOf(key, found);
      if (found === null || until === null) return { kind: 'dead', named, lease, corrupt, target };
      const isTorn = lease === null;
      const live = isTorn ? { ...found, expires_at: until } : found;
      return { kind: 'live', named, target, isTorn, lease: live, until };
    },

    async ofUnreadable(jobId) {
      for await (const { key } of store.list(leaseKeysOf(jobId))) {
        const current = await leaseStore.read(key);
        if (current?.kind !== 'lease') continue;
        const { lease } = current;
        const until = await untilOf(key, lease);
        if (until !== null) return { lease, until };
      }
      return null;
    },
  };
}

/** The failure for a caller that wants a job which another holder has leased. */
export function leaseHeld({ lease, until }: LiveLease, now: Timestamp): Result<never> {
  return fail({
    code: 'lease_held',
    jobId: lease.job_id,
    holder: lease.holder,
    epoch: lease.epoch,
    expiresAt: until,
    retryAfterSeconds: secondsUntil(until, now),
    serverTime: now,
  });
}
