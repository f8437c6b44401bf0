import type { Clock } from '../base/clock.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { decodeStateInTurns } from '../checkpoint/codec.ts';
import { jobIdFault, safeName, safeNameOf } from '../keys/job-id.ts';
import { namedLeaseOf } from '../lease/job-lease.ts';
import { decodeLease, type Lease, leaseKey, leaseKeysOf } from '../lease/lease.ts';
import { isRunning } from '../lease/rules.ts';
import type { ObjectStore, StoredObject } from '../store.ts';

/** A lease object as it goes along with its job. */
export interface CarriedLease {
  readonly key: string;
  readonly object: StoredObject;
  /** Null where the object is no lease. */
  readonly lease: Lease | null;
}

/** What is stored under a job's key, with what it takes to decide about it. */
export interface Snapshot {
  readonly key: string;
  readonly object: StoredObject;
  /** Null where the object is no state of this job. */
  readonly state: CheckpointState | null;
  readonly hands: Hands;
}

/** In whose hands the job is: as `Holding`, with the bytes of the lease. */
export type Hands =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'live'; readonly lease: Lease; readonly carried: CarriedLease }
  | { readonly kind: 'dead'; readonly carried: CarriedLease | null };

export interface Snapshots {
  /** Null when nothing is stored under the key any more. A get, and one more for a job that names a lease. */
  read(key: string): Promise<Snapshot | null>;
  /** The same of what was read already. */
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

  async function handsOf(state: CheckpointState): Promise<Hands> {
    const named = namedLeaseOf(state);
    if (named === null) return { kind: 'nobody' };
    const carried = await leaseAt(leaseKey(state.job_id, named.id));
    return liveIn(carried) ?? { kind: 'dead', carried };
  }

  /** A job that cannot be read does not say which lease it names: any that runs may be the one. */
  async function handsOfUnreadable(key: string): Promise<Hands> {
    for await (const entry of store.list(leaseKeysOf(safeNameOf(key)))) {
      const live = liveIn(await leaseAt(entry.key));
      if (live !== null) return live;
    }
    return { kind: 'nobody' };
  }

  function liveIn(carried: CarriedLease | null): Hands | null {
    if (carried === null || carried.lease === null) return null;
    const { lease } = carried;
    return isRunning(lease, clock.now()) ? { kind: 'live', lease, carried } : null;
  }

  async function jobOf(key: string, object: StoredObject): Promise<Snapshot> {
    const state = await stateOf(key, object.body, clock);
    const hands = state === null ? await handsOfUnreadable(key) : await handsOf(state);
    return { key, object, state, hands };
  }

  return {
    of: jobOf,
    async read(key) {
      const object = await store.get(key);
      return object === null ? null : jobOf(key, object);
    },
  };
}

/** The state in an object under a job's key; null where it is none, or of another job. */
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
