import type { LeaseNews } from '../../lib/presence/lease-news.ts';
import type { ObjectStore } from '../../lib/store.ts';
import type { R2BucketLike } from '../../lib/stores/r2/bucket.ts';
import { createR2Store } from '../../lib/stores/r2.ts';
import type { WorkersKvLike } from '../../lib/stores/workers-kv/namespace.ts';
import { createWorkersKvStore } from '../../lib/stores/workers-kv.ts';
import type { Spending } from '../../lib/sweep/budget.ts';
import type { LeaseShardsLike } from './shards/ports.ts';

/** What may be bound for the states; `wrangler.toml` binds one of them. */
export interface StoreBindings {
  readonly STATE_BUCKET?: R2BucketLike;
  readonly STATE_KV?: WorkersKvLike;
  readonly HYPERDRIVE?: HyperdriveLike;
}

/** Where Hyperdrive listens, for the connections of the Worker alone. */
export interface HyperdriveLike {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export type ChooseHyperdrive = (binding: HyperdriveLike) => ChosenStore;

/** The part of the binding of `JobObject` that the Worker uses. */
export interface JobObjectsLike {
  getByName(name: string): { fetch(request: Request): Promise<Response> };
}

/** The part of the binding of `PresenceObject` that the Worker and the shards use. */
export interface PresenceObjectsLike extends JobObjectsLike {
  getByName(name: string): {
    fetch(request: Request): Promise<Response>;
    learn(news: readonly LeaseNews[]): Promise<void>;
  };
}

/** What may be bound besides the store. */
export interface ObjectBindings {
  readonly JOB_OBJECTS?: JobObjectsLike;
  readonly PRESENCE_OBJECTS?: PresenceObjectsLike;
  readonly LEASE_SHARDS?: LeaseShardsLike;
}

export interface ChosenStore {
  /** As in its traits. */
  readonly name: string;
  /** The store for one call of the Worker, or one object. */
  readonly open: () => CallStore;
  /** The bucket, where the states are in one. */
  readonly bucket: R2BucketLike | null;
  /** Why this one. */
  readonly reason: string;
}

export interface CallStore {
  readonly store: ObjectStore;
  /** What the call has asked of it. Null where nothing counts that: then nothing sweeps. */
  readonly spending: Spending | null;
  /** Removes what the store no longer needs; to be called now and then. */
  readonly tidy: () => Promise<void>;
}

/** The store of the bindings, R2 before KV, or why there is none. */
export function chooseStore(
  { STATE_BUCKET: bucket, STATE_KV: namespace, HYPERDRIVE: binding }: StoreBindings,
  hyperdrive: ChooseHyperdrive | null,
): ChosenStore | string {
  if (binding !== undefined) {
    if (hyperdrive === null)
      return 'HYPERDRIVE: this script has no PostgreSQL; deploy with --env hyperdrive';
    // Each has jobs of its own. To prefer one of them would hide the jobs of the other.
    if (bucket === undefined && namespace === undefined) return hyperdrive(binding);
    return 'HYPERDRIVE: STATE_BUCKET or STATE_KV is bound too; one store must be bound';
  }
  if (bucket !== undefined) {
    const reason =
      namespace === undefined
        ? 'STATE_BUCKET is bound'
        : 'STATE_BUCKET and STATE_KV are bound, and R2 has compare-and-swap';
    return { ...unmetered(createR2Store({ bucket })), bucket, reason };
  }
  if (namespace === undefined) return 'STATE_BUCKET or STATE_KV: one of them must be bound';
  const reason =
    'STATE_KV is bound and STATE_BUCKET is not: without compare-and-swap there are no leases';
  return { ...unmetered(createWorkersKvStore({ namespace })), bucket: null, reason };
}

/** A store that all calls may share. */
function unmetered(store: ObjectStore): Pick<ChosenStore, 'name' | 'open'> {
  const opened = { store, spending: null, tidy: async () => {} };
  return { name: store.traits.name, open: () => opened };
}

/** Where the requests of a job meet. Null: the Worker answers them, as it must where a store has no compare-and-swap. */
export function jobObjectsOf(
  { bucket }: ChosenStore,
  { JOB_OBJECTS: objects }: ObjectBindings,
): JobObjectsLike | null {
  return bucket === null ? null : (objects ?? null);
}

/** Where leases and the catalogue of jobs are. Null: in the store of the jobs itself. */
export function leaseShardsOf(
  { bucket }: ChosenStore,
  { LEASE_SHARDS: shards }: ObjectBindings,
): LeaseShardsLike | null {
  return bucket === null ? null : (shards ?? null);
}

/** Where the streams of workers are. Null: there are none. */
export function presenceObjectsOf(
  { bucket }: ChosenStore,
  { PRESENCE_OBJECTS: objects }: ObjectBindings,
): PresenceObjectsLike | null {
  return bucket === null ? null : (objects ?? null);
}
