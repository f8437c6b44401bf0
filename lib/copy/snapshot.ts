import type { Clock } from '../base/clock.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { decodeStateInTurns } from '../checkpoint/codec.ts';
import { jobIdFault, safeName, safeNameOf } from '../keys/job-id.ts';
import { namedLeaseOf } from '../lease/job-lease.ts';
import { decodeLease, type Lease, leaseKey, leaseKeysOf } from '../lease/lease.ts';
import { isRunning } from '../lease/rules.ts';
import type { ObjectStore, StoredObject } from '../store.ts';

/** A lease object that is copied with its job. */
export interface CarriedLease {
  readonly key: string;
  readonly object: StoredObject;
  /** Null when the object is not a lease. */
  readonly lease: Lease | null;
}

/** The object under a job's key, with the data that a copy needs to decide about it. */
export interface Snapshot {
  readonly key: string;
  readonly object: StoredObject;
  /** Null when the object is not a state of this job. */
  readonly state: CheckpointState | null;
  readonly holding: SnapshotHolding;
}

/** Whether the job is leased: like `Holding`, with the bytes of the lease. */
export type SnapshotHolding =
  | { readonly kind: 'unleased' }
  | { readonly kind: 'live'; readonly lease: Lease; readonly carried: CarriedLease }
  | { readonly kind: 'dead'; readonly carried: CarriedLease | null };

export interface Snapshots {
  /** Null when nothing is stored under the key. Costs one get, and one more for a job that names a lease. */
  read(key: string): Promise<Snapshot | null>;
  /** The snapshot of an object that was read already. */
  of(key: string, object: StoredObject): Promise<Snapshot>;
}

export function createSnapshots({
  store,
  clock,
}: {
  readonly store: ObjectStore;
  readonly clock: Clock;
}): Snapshots {
  async function leaseAt(key: string): Promise<CarriedLease | null> {
    const object = await store.get(key);
    if (object === null) return null;
    const decoded = decodeLease(object.body, key);
    return { key, object, lease: decoded.ok ? decoded.lease : null };
  }

  async function readHolding(state: CheckpointState): Promise<SnapshotHolding> {
    const named = namedLeaseOf(state);
    if (named === null) return { kind: 'unleased' };
    const carried = await leaseAt(leaseKey(state.job_id, named.id));
    return liveHoldingOf(carried) ?? { kind: 'dead', carried };
  }

  /** An unreadable job does not show which lease it names, so any running lease of it counts. */
  async function readHoldingOfUnreadable(key: string): Promise<SnapshotHolding> {
    for await (const entry of store.list(leaseKeysOf(safeNameOf(key)))) {
      const live = liveHoldingOf(await leaseAt(entry.key));
      if (live !== null) return live;
    }
    return { kind: 'unleased' };
  }

  function liveHoldingOf(carried: CarriedLease | null): SnapshotHolding | null {
    if (carried === null || carried.lease === null) return null;
    const { lease } = carried;
    return isRunning(lease, clock.now()) ? { kind: 'live', lease, carried } : null;
  }

  async function jobOf(key: string, object: StoredObject): Promise<Snapshot> {
    const state = await stateOf(key, object.body, clock);
    const holding = state === null ? await readHoldingOfUnreadable(key) : await readHolding(state);
    return { key, object, state, holding };
  }

  return {
    of: jobOf,
    async read(key) {
      const object = await store.get(key);
      return object === null ? null : jobOf(key, object);
    },
  };
}

/** The state in an object under a job's key; null when the object is not a state, or is one of another job. */
async function stateOf(
  key: string,
  body: Uint8Array,
  clock: Clock,
): Promise<CheckpointState | null> {
  const decoded = await decodeStateInTurns(body, { source: 'file', now: clock.now() });
  if (!decoded.ok) return null;
  const state = decoded.value;
  if (jobIdFault(state.job_id, '') !== null) return null;
  return safeName(state.job_id) === safeNameOf(key) ? state : null;
}
