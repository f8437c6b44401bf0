import { sameDigest } from '../base/digest.ts';
import { ok, type Result } from '../failure.ts';
import { decodeLease, encodeLease, type Lease, labelOfLease, leaseKey } from '../lease/lease.ts';
import { isRenewable } from '../lease/rules.ts';
import {
  type Durability,
  type ObjectStore,
  StoreError,
  UNCONDITIONAL,
  type Version,
} from '../store.ts';
import type { Decision, ObjectWriter } from './compare-and-swap.ts';
import type { LeaseDeadlines } from './lease-deadlines.ts';

export interface StoredLease {
  readonly kind: 'lease';
  readonly version: Version;
  readonly lease: Lease;
}

/** An object under a lease's key that is not a lease. */
export interface CorruptLease {
  readonly kind: 'corrupt';
  readonly version: Version;
  readonly reason: string;
}

export type CurrentLease = StoredLease | CorruptLease | null;

/** The decision about a lease. Without `write` the lease stays as it is. */
export interface LeaseChange<T> {
  readonly write?: Lease;
  readonly outcome: T;
}

/** The lease objects. They say when a lease ends. Only the job itself says which lease holds it. */
export interface LeaseStore {
  read(key: string): Promise<CurrentLease>;
  /**
   * Stores a new lease and returns it. If its id is derived from an idempotency key, an earlier try may have stored
   * it. A stored lease of the same grant that has not ended restarts. Any other object stays and is returned.
   */
  create(lease: Lease): Promise<Result<CurrentLease>>;
  /** Changes a lease by compare-and-swap. `decide` is pure and may run several times. */
  change<T>(
    key: string,
    decide: (current: CurrentLease) => Result<LeaseChange<T>>,
  ): Promise<Result<T>>;
  /** Changes a lease that has not ended; null if it has ended, or is missing or unreadable. */
  amend(key: string, next: (lease: Lease) => Lease): Promise<Result<Lease | null>>;
  /**
   * Removes a lease that was created for a grant that was not made, unless another call with the same idempotency
   * key has found it and goes on with it.
   */
  removeUnused(lease: Lease): Promise<void>;
  /** Removes the object whatever its version. */
  remove(key: string): Promise<void>;
  /** Like `remove`, but ignores a failure of the store: the object is then an orphan, and a sweep removes it. */
  tryRemove(key: string): Promise<void>;
}

function isSameGrant(stored: Lease, lease: Lease): boolean {
  return !stored.expired && sameDigest(stored.token_sha256, lease.token_sha256);
}

export function createLeaseStore({
  store,
  objects,
  deadlines,
}: {
  store: ObjectStore;
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
    deadlines.record(key, decoded.lease);
    return { kind: 'lease', version, lease: decoded.lease };
  }

  /**
   * A lease need not be durable before the job names it. Its end precedes a durable change of the job and may be lost
   * with the lease: a job that names a lost lease is recovered. Requests of operators have been acknowledged, so they stay.
   */
  function durabilityOf(lease: Lease, isNew: boolean): Durability {
    return isNew || (lease.expired && lease.requested === null) ? 'ordered' : 'durable';
  }

  function writeLease<T>(
    key: string,
    { lease, isNew }: { readonly lease: Lease; readonly isNew: boolean },
    outcome: (version: Version) => T,
  ): Decision<T> {
    return {
      kind: 'write',
      durability: durabilityOf(lease, isNew),
      body: encodeLease(lease),
      label: labelOfLease(lease),
      written(version) {
        deadlines.record(key, lease);
        return outcome(version);
      },
    };
  }

  /** Writes a lease and returns it as a read does. */
  function createLease(key: string, lease: Lease, isNew: boolean): Decision<CurrentLease> {
    return writeLease(key, { lease, isNew }, version => ({ kind: 'lease', version, lease }));
  }

  async function remove(key: string): Promise<void> {
    await store.delete(key, UNCONDITIONAL, 'ordered');
    deadlines.forget(key);
  }

  function change<T>(
    key: string,
    decide: (current: CurrentLease) => Result<LeaseChange<T>>,
  ): Promise<Result<T>> {
    return objects.change<StoredLease | CorruptLease, T>(key, {
      read: () => read(key),
      decide(current) {
        const decided = decide(current);
        if (!decided.ok) return decided;
        const { write, outcome } = decided.value;
        if (write === undefined) return ok({ kind: 'keep', value: outcome });
        return ok(writeLease(key, { lease: write, isNew: false }, () => outcome));
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
          // Most ids are new, so the first try assumes that no object exists.
          const current = isNew ? null : await read(key);
          isNew = false;
          return current;
        },
        decide(current) {
          if (current === null) return ok(createLease(key, lease, true));
          if (current.kind === 'corrupt' || !isSameGrant(current.lease, lease))
            return ok({ kind: 'keep', value: current });
          const { epoch, renewed_at, expires_at } = lease;
          // The count shows the first try that a later try uses the lease.
          const renewals = current.lease.renewals + 1;
          const restarted = { ...current.lease, epoch, renewed_at, expires_at, renewals };
          return ok(createLease(key, restarted, false));
        },
      });
    },

    change,

    amend: (key, next) =>
      change<Lease | null>(key, current => {
        if (current?.kind !== 'lease' || !isRenewable(current.lease)) return ok({ outcome: null });
        const lease = next(current.lease);
        return ok({ write: lease, outcome: lease });
      }),

    async removeUnused(lease) {
      const key = leaseKey(lease.job_id, lease.lease_id);
      await objects.change<StoredLease | CorruptLease, null>(key, {
        read: () => read(key),
        decide(current) {
          const isUnused =
            current?.kind === 'lease' &&
            isSameGrant(current.lease, lease) &&
            current.lease.renewals === 0;
          if (!isUnused) return ok({ kind: 'keep', value: null });
          return ok({
            kind: 'delete',
            durability: 'ordered',
            deleted() {
              deadlines.forget(key);
              return null;
            },
          });
        },
      });
    },

    remove,

    async tryRemove(key) {
      try {
        await remove(key);
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
      }
    },
  };
}
