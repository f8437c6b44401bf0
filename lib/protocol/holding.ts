import { type Availability, protectedUntil } from '../availability/availability.ts';
import type { Clock } from '../base/clock.ts';
import type { Timestamp } from '../base/timestamp.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { fail, type Result } from '../failure.ts';
import { jobKey } from '../keys/job-id.ts';
import { type NamedLease, namedLeaseOf } from '../lease/job-lease.ts';
import { type Lease, leaseKey, leaseKeysOf } from '../lease/lease.ts';
import { isRunning, secondsUntil } from '../lease/rules.ts';
import type { LeaseStore } from '../storage/lease-store.ts';
import type { ObjectStore } from '../store.ts';

/** The place of a lease, and of its job. */
export interface LeaseTarget {
  readonly jobKey: string;
  readonly leaseKey: string;
  readonly leaseId: string;
}

/** Who holds a job. */
export type Holding =
  | { readonly kind: 'nobody' }
  | ({ readonly kind: 'live'; readonly named: NamedLease } & LiveLease)
  | {
      readonly kind: 'dead';
      readonly named: NamedLease;
      /** Null where the lease object is unreadable or gone: nobody can renew such a lease. */
      readonly lease: Lease | null;
      readonly corrupt: string | null;
      readonly target: LeaseTarget;
    };

/** A lease that nobody may take yet. */
export interface LiveLease {
  readonly lease: Lease;
  /** Until when nobody may: its own end, or later where its holder could not be heard. */
  readonly until: Timestamp;
}

export interface LeaseHoldings {
  /** Whether the lease that the state names lives. One get, none where it names no lease. */
  of(state: CheckpointState): Promise<Holding>;
  /**
   * A lease of the job that runs, where the state cannot be read to say which it names; null where there is
   * none. One list, and a get for each lease of the job.
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
  /** Null where the lease may be taken now. */
  async function untilOf(key: string, lease: Lease): Promise<Timestamp | null> {
    const now = clock.now();
    // What runs by the clock needs no word on who could be heard.
    if (isRunning(lease, now)) return lease.expires_at;
    return protectedUntil(await availability.getReachability(now), { key, lease, now });
  }

  return {
    async of(state) {
      const named = namedLeaseOf(state);
      if (named === null) return { kind: 'nobody' };
      const key = leaseKey(state.job_id, named.id);
      const current = await leaseStore.read(key);
      const lease = current?.kind === 'lease' ? current.lease : null;
      const until = lease === null ? null : await untilOf(key, lease);
      if (lease !== null && until !== null) return { kind: 'live', named, lease, until };
      const corrupt = current?.kind === 'corrupt' ? current.reason : null;
      const target = { jobKey: jobKey(state.job_id), leaseKey: key, leaseId: named.id };
      return { kind: 'dead', named, lease, corrupt, target };
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

/** The failure of a caller that wants a job which another one holds. */
export function heldBy({ lease, until }: LiveLease, now: Timestamp): Result<never> {
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
