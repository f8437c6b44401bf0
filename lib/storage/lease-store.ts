import type { Clock } from '../base/clock.ts';
import { sameDigest } from '../base/digest.ts';
import { ok, type Result } from '../failure.ts';
import { decodeLease, encodeLease, type Lease, labelOfLease, leaseKey } from '../lease/lease.ts';
import { ended, isRenewable } from '../lease/rules.ts';
import { type PresentedToken, provesDigest } from '../lease/token.ts';
import { type ObjectStore, StoreError, UNCONDITIONAL, type Version } from '../store.ts';
import type { Decision, ObjectWriter } from './compare-and-swap.ts';
import type { LeaseDeadlines } from './lease-deadlines.ts';

export interface StoredLease {
  readonly kind: 'lease';
  readonly version: Version;
  readonly lease: Lease;
}

/** An object under a lease's key that is none. */
export interface CorruptLease {
  readonly kind: 'corrupt';
  readonly version: Version;
  readonly reason: string;
}

export type CurrentLease = StoredLease | CorruptLease | null;

/** The lease objects. They say when a lease ends, and never whose the job is. */
export interface LeaseStore {
  read(key: string): Promise<CurrentLease>;
  /**
   * Stores a new lease. Where its id is derived from an idempotency key an earlier try may have stored it:
   * one that is not over lasts from now on; what else is there stays as it is.
   */
  create(lease: Lease): Promise<Result<CurrentLease>>;
  /** Changes a lease by compare-and-swap; null for `decide` to let it stand as it is. */
  change(
    key: string,
    decide: (current: CurrentLease) => Result<Lease | null>,
  ): Promise<Result<CurrentLease>>;
  /** Changes a lease that is not over; null where it is over, gone or unreadable. */
  amend(key: string, next: (lease: Lease) => Lease): Promise<Result<Lease | null>>;
  /**
   * Marks a lease as over by its holder, so that no operator asks anything of it any more. The lease with
   * what was asked of it, null where there is none that the token opens.
   */
  end(token: PresentedToken): Promise<Result<Lease | null>>;
  /** Blindly: a lease id is never used again. */
  remove(key: string): Promise<void>;
  /** As `remove`, for what is done already: an object that stays is an orphan, which a sweep removes. */
  removeQuietly(key: string): Promise<void>;
}

function isSameGrant(stored: Lease, lease: Lease): boolean {
  return !stored.expired && sameDigest(stored.token_sha256, lease.token_sha256);
}

export function createLeaseStore({
  store,
  clock,
  objects,
  deadlines,
}: {
  store: ObjectStore;
  clock: Clock;
  objects: ObjectWriter;
  deadlines: LeaseDeadlines;
}): LeaseStore {
  async function read(key: string): Promise<CurrentLease> {
    const object = await store.get(key);
    if (object === null) {
      deadlines.forget(key);
      return null;
    }
    const { version, body } = object;
    const decoded = decodeLease(body, key);
    if (!decoded.ok) return { kind: 'corrupt', version, reason: decoded.reason };
    deadlines.saw(key, decoded.lease);
    return { kind: 'lease', version, lease: decoded.lease };
  }

  function writing(key: string, lease: Lease): Decision<CurrentLease> {
    return {
      kind: 'write',
      body: encodeLease(lease),
      label: labelOfLease(lease),
      written(version) {
        deadlines.saw(key, lease);
        return { kind: 'lease', version, lease };
      },
    };
  }

  async function remove(key: string): Promise<void> {
    await store.delete(key, UNCONDITIONAL);
    deadlines.forget(key);
  }

  function change(
    key: string,
    decide: (current: CurrentLease) => Result<Lease | null>,
  ): Promise<Result<CurrentLease>> {
    return objects.change<StoredLease | CorruptLease, CurrentLease>(key, {
      read: () => read(key),
      decide(current) {
        const decided = decide(current);
        if (!decided.ok) return decided;
        const lease = decided.value;
        return ok(lease === null ? { kind: 'keep', value: current } : writing(key, lease));
      },
    });
  }

  return {
    read,

    create(lease) {
      const key = leaseKey(lease.job_id, lease.lease_id);
      let isNew = true;
      return objects.change<StoredLease | CorruptLease, CurrentLease>(key, {
        async read() {
          // A new id has no object: there is nothing to read before the first try.
          const current = isNew ? null : await read(key);
          isNew = false;
          return current;
        },
        decide(current) {
          if (current === null) return ok(writing(key, lease));
          if (current.kind === 'corrupt' || !isSameGrant(current.lease, lease))
            return ok({ kind: 'keep', value: current });
          const { epoch, renewed_at, expires_at } = lease;
          // To the first try this tells that the lease has reached its caller.
          const renewals = current.lease.renewals + 1;
          return ok(writing(key, { ...current.lease, epoch, renewed_at, expires_at, renewals }));
        },
      });
    },

    change,

    async amend(key, next) {
      const changed = await change(key, current =>
        ok(current?.kind === 'lease' && isRenewable(current.lease) ? next(current.lease) : null),
      );
      if (!changed.ok) return changed;
      const lease = changed.value?.kind === 'lease' ? changed.value.lease : null;
      return ok(lease !== null && isRenewable(lease) ? lease : null);
    },

    async end(token) {
      let lease: Lease | null = null;
      const marked = await change(token.leaseKey, current => {
        lease = current?.kind === 'lease' ? current.lease : null;
        if (lease !== null && !provesDigest(token, lease.token_sha256)) lease = null;
        if (lease === null || lease.expired) return ok(null);
        return ok(ended(lease, clock.now()));
      });
      return marked.ok ? ok(lease) : marked;
    },

    remove,

    async removeQuietly(key) {
      try {
        await remove(key);
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
      }
    },
  };
}
