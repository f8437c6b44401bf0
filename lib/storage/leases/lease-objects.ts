import { ok, type Result } from '../../failure.ts';
import { decodeLease, encodeLease, type Lease, labelOfLease } from '../../lease/lease.ts';
import { type Durability, type ObjectStore, UNCONDITIONAL, type Version } from '../../store.ts';
import type { ObjectWriter } from '../compare-and-swap.ts';
import { createJointLeases, type JointLeases } from './joint-leases.ts';
import type { LeaseDeadlines } from './lease-deadlines.ts';
import type { LeaseMemory, PendingWrite } from './lease-memory.ts';

export interface StoredLease {
  readonly kind: 'lease';
  readonly version: Version;
  /** With the renewals that this process has not stored yet. */
  readonly lease: Lease;
}

/** An object under a lease's key that is not a lease. */
export interface CorruptLease {
  readonly kind: 'corrupt';
  readonly version: Version;
  readonly reason: string;
}

export type CurrentLease = StoredLease | CorruptLease | null;

/** What to do with a lease object. */
export type LeaseDecision<T> =
  | { readonly kind: 'keep'; readonly outcome: T }
  | {
      readonly kind: 'write';
      readonly lease: Lease;
      readonly outcome: (stored: StoredLease) => T;
      /** Whether renewals have to wait for the write. */
      readonly isHeld: boolean;
      /** Whether it may be lost as far as the store says when: then the lease gets one ttl more. */
      readonly isLazy?: boolean;
    }
  | { readonly kind: 'delete'; readonly outcome: T };

export interface LeaseTask<T> {
  readonly read: () => Promise<CurrentLease>;
  /** Pure, and may run several times. */
  readonly decide: (current: CurrentLease) => Result<LeaseDecision<T>>;
}

/** Reads and changes lease objects, together with what this process has in memory of them. */
export interface LeaseObjects extends JointLeases {
  /** Costs one get, or one head where this process knows the lease. */
  read(key: string): Promise<CurrentLease>;
  /** As `read`, in the turn of a writer. `admits`: from then on the lease is known, if it was not. */
  readInTurn(key: string, options: { readonly admits: boolean }): Promise<CurrentLease>;
  /** The lease, if it is known at this version. */
  knownAt(key: string, version: Version | null): StoredLease | null;
  /** Changes a lease by compare-and-swap. All changes but removals go through here. */
  change<T>(key: string, task: LeaseTask<T>): Promise<Result<T>>;
  /** Removes the object whatever its version. */
  remove(key: string): Promise<void>;
}

export function createLeaseObjects({
  store,
  objects,
  deadlines,
  memory,
}: {
  store: ObjectStore;
  objects: ObjectWriter;
  deadlines: LeaseDeadlines;
  memory: LeaseMemory;
}): LeaseObjects {
  /** `known` gets a stored lease, and returns it with the renewals that are only in memory. */
  async function readWith(
    key: string,
    known: (version: Version, lease: Lease) => Lease,
  ): Promise<CurrentLease> {
    const unchanged = await readUnchanged(key);
    if (unchanged !== null) return unchanged;
    const object = await store.get(key);
    if (object === null) {
      deadlines.forget(key);
      return null;
    }
    const { version, body } = object;
    const decoded = decodeLease(body, key);
    if (!decoded.ok) return { kind: 'corrupt', version, reason: decoded.reason };
    const lease = known(version, decoded.lease);
    deadlines.record(key, lease);
    return { kind: 'lease', version, lease };
  }

  /** The lease that this process knows, if no other writer has changed it since. */
  async function readUnchanged(key: string): Promise<StoredLease | null> {
    return memory.versionOf(key) === null ? null : knownAt(key, await store.head(key));
  }

  function knownAt(key: string, version: Version | null): StoredLease | null {
    const lease = version === null ? null : memory.at(key, version);
    return version === null || lease === null ? null : { kind: 'lease', version, lease };
  }

  function announce(
    key: string,
    base: Lease | null,
    decision: Exclude<LeaseDecision<unknown>, { kind: 'keep' }>,
  ): PendingWrite {
    const next = decision.kind === 'write' ? decision.lease : null;
    return memory.begin(key, { base, next, isHeld: decision.kind === 'delete' || decision.isHeld });
  }

  function forget(key: string): void {
    memory.forget(key);
    deadlines.forget(key);
  }

  return {
    ...createJointLeases({ store, deadlines, memory }),
    read: key => readWith(key, (version, lease) => memory.withRenewals(key, version, lease)),

    async readInTurn(key, { admits }) {
      const current = await readWith(key, (version, lease) =>
        admits ? memory.admit(key, version, lease) : memory.update(key, version, lease),
      );
      if (current?.kind !== 'lease') memory.forget(key);
      return current;
    },

    knownAt,

    async change<T>(key: string, { read, decide }: LeaseTask<T>): Promise<Result<T>> {
      const writes: PendingWrite[] = [];
      try {
        return await objects.change<StoredLease | CorruptLease, T>(key, {
          read,
          decide(found) {
            // A renewal may have come after the lease was read.
            const current = knownAt(key, found?.version ?? null) ?? found;
            const decided = decide(current);
            if (!decided.ok) return decided;
            const decision = decided.value;
            if (decision.kind === 'keep') return ok({ kind: 'keep', value: decision.outcome });
            const base = current?.kind === 'lease' ? current.lease : null;
            const write = announce(key, base, decision);
            writes.push(write);
            if (decision.kind === 'delete') {
              return ok({
                kind: 'delete',
                durability: 'ordered',
                deleted() {
                  forget(key);
                  return decision.outcome;
                },
              });
            }
            const { lease } = decision;
            return ok({
              kind: 'write',
              durability: durabilityOf(decision, current === null),
              body: encodeLease(lease),
              label: labelOfLease(lease),
              written(version) {
                write.written(version);
                deadlines.record(key, memory.at(key, version) ?? lease);
                return decision.outcome({ kind: 'lease', version, lease });
              },
            });
          },
        });
      } finally {
        for (const write of writes) write.end();
      }
    },

    async remove(key) {
      await store.delete(key, UNCONDITIONAL, 'ordered');
      forget(key);
    },
  };
}

/**
 * A lease need not be durable before the job names it. Its end precedes a durable change of the job and may be lost
 * with the lease: a job that names a lost lease is recovered. Requests of operators have been acknowledged, so they stay.
 */
function durabilityOf(
  { lease, isLazy = false }: { readonly lease: Lease; readonly isLazy?: boolean },
  isNew: boolean,
): Durability {
  if (isNew || (lease.expired && lease.requested === null)) return 'ordered';
  return isLazy ? 'lazy' : 'durable';
}
