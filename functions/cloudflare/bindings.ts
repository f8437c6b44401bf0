import type { LeaseNews } from '../../lib/presence/lease-news.ts';
import type { ObjectStore } from '../../lib/store.ts';
import type { R2BucketLike } from '../../lib/stores/r2/bucket.ts';
import { createR2Store } from '../../lib/stores/r2.ts';
import type { WorkersKvLike } from '../../lib/stores/workers-kv/namespace.ts';
import { createWorkersKvStore } from '../../lib/stores/workers-kv.ts';
import type { LeaseShardsLike } from './shards/ports.ts';

/** What may be bound for the states; `wrangler.toml` binds one of them. */
export interface StoreBindings {
  readonly STATE_BUCKET?: R2BucketLike;
  readonly STATE_KV?: WorkersKvLike;
}

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
  readonly store: ObjectStore;
  /** The bucket, where the states are in one. */
  readonly bucket: R2BucketLike | null;
  /** Why this one. */
  readonly reason: string;
}

/** The store of the bindings, R2 before KV; null where nothing is bound. */
export function chooseStore({
  STATE_BUCKET: bucket,
  STATE_KV: namespace,
}: StoreBindings): ChosenStore | null {
  if (bucket !== undefined) {
    const reason =
      namespace === undefined
        ? 'STATE_BUCKET is bound'
        : 'STATE_BUCKET and STATE_KV are bound, and R2 has compare-and-swap';
    return { store: createR2Store({ bucket }), bucket, reason };
  }
  if (namespace === undefined) return null;
  const reason =
    'STATE_KV is bound and STATE_BUCKET is not: without compare-and-swap there are no leases';
  return { store: createWorkersKvStore({ namespace }), bucket: null, reason };
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
