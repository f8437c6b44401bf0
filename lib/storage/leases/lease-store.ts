import { sameDigest } from '../../base/digest.ts';
import { ok, type Result } from '../../failure.ts';
import { type Lease, leaseKey } from '../../lease/lease.ts';
import { isRenewable } from '../../lease/rules.ts';
import { StoreError } from '../../store.ts';
import type { JointLeases, LeaseCreation } from './joint-leases.ts';
import type { CurrentLease, LeaseDecision, LeaseObjects, StoredLease } from './lease-objects.ts';

/** The decision about a lease. Without `write` the lease stays as it is. */
export interface LeaseChange<T> {
  readonly write?: Lease;
  readonly outcome: T;
}

/** The lease objects. They say when a lease ends. Only the job itself says which lease holds it. */
export interface LeaseStore extends Omit<JointLeases, 'beginCreation'> {
  read(key: string): Promise<CurrentLease>;
  /**
   * Stores a new lease and returns it. If its id is derived from an idempotency key, an earlier try may have stored
   * it. A stored lease of the same grant that has not ended restarts. Any other object stays and is returned.
   */
  create(lease: Lease): Promise<Result<CurrentLease>>;
  /** As `beginCreation` of `JointLeases`, under the key of the lease. */
  beginCreation(lease: Lease): LeaseCreation;
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

export function createLeaseStore(leases: LeaseObjects): LeaseStore {
  function change<T>(
    key: string,
    decide: (current: CurrentLease) => Result<LeaseChange<T>>,
  ): Promise<Result<T>> {
    return leases.change<T>(key, {
      read: () => leases.readInTurn(key, { admits: false }),
      decide(current) {
        const decided = decide(current);
        return decided.ok ? ok(decisionOf(decided.value)) : decided;
      },
    });
  }

  return {
    read: key => leases.read(key),

    create(lease) {
      const key = leaseKey(lease.job_id, lease.lease_id);
      let isNew = true;
      return leases.change<CurrentLease>(key, {
        async read() {
          // Most ids are new, so the first try assumes that no object exists.
          const current = isNew ? null : await leases.readInTurn(key, { admits: true });
          isNew = false;
          return current;
        },
        decide(current) {
          if (current === null) return ok(writing(lease, asStored));
          if (current.kind === 'corrupt' || !isSameGrant(current.lease, lease))
            return ok({ kind: 'keep', outcome: current });
          const { epoch, renewed_at, expires_at } = lease;
          // The count shows the first try that a later try uses the lease.
          const renewals = current.lease.renewals + 1;
          return ok(
            writing({ ...current.lease, epoch, renewed_at, expires_at, renewals }, asStored),
          );
        },
      });
    },

    beginCreation: lease => leases.beginCreation(leaseKey(lease.job_id, lease.lease_id), lease),

    change,

    amend: (key, next) =>
      change<Lease | null>(key, current => {
        if (current?.kind !== 'lease' || !isRenewable(current.lease)) return ok({ outcome: null });
        const lease = next(current.lease);
        return ok({ write: lease, outcome: lease });
      }),

    async removeUnused(lease) {
      const key = leaseKey(lease.job_id, lease.lease_id);
      await leases.change<null>(key, {
        read: () => leases.readInTurn(key, { admits: false }),
        decide(current) {
          const isUnused =
            current?.kind === 'lease' &&
            isSameGrant(current.lease, lease) &&
            current.lease.renewals === 0;
          return ok({ kind: isUnused ? 'delete' : 'keep', outcome: null });
        },
      });
    },

    remove: key => leases.remove(key),

    removal: (key, options) => leases.removal(key, options),
    beginRemoval: (key, current, removed) => leases.beginRemoval(key, current, removed),
    receiptsOf: key => leases.receiptsOf(key),

    async tryRemove(key) {
      try {
        await leases.remove(key);
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
      }
    },
  };
}

export function decisionOf<T>({ write, outcome }: LeaseChange<T>): LeaseDecision<T> {
  return write === undefined ? { kind: 'keep', outcome } : writing(write, () => outcome);
}

function writing<T>(lease: Lease, outcome: (stored: StoredLease) => T): LeaseDecision<T> {
  return { kind: 'write', lease, outcome, isHeld: true };
}

function asStored(stored: StoredLease): StoredLease {
  return stored;
}
