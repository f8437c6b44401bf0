import { getLogger } from '@logtape/logtape';
import type { Availability } from '../../lib/availability/availability.ts';
import { createStoredAvailability } from '../../lib/availability/stored.ts';
import { systemClock } from '../../lib/base/clock.ts';
import { systemRandom } from '../../lib/base/random.ts';
import type { RenewalPlaces } from '../../lib/remote/renewal.ts';
import type { ProcessMemory } from '../../lib/storage/process-memory.ts';
import { type ObjectStore, StoreError } from '../../lib/store.ts';
import type { R2BucketLike } from '../../lib/stores/r2/bucket.ts';
import { meterBucket } from '../../lib/stores/r2/meter.ts';
import { createR2Store } from '../../lib/stores/r2.ts';
import { createShardsMemory, type ShardedStore } from '../../lib/stores/shards.ts';
import type { Spending } from '../../lib/sweep/budget.ts';
import type { ChosenStore } from './bindings.ts';
import { createBrokenStore } from './shards/broken-store.ts';
import { DEFAULT_SHARDS, LAYOUT_KEY, readShardCount } from './shards/layout.ts';
import type { LeaseShardsLike } from './shards/ports.ts';
import { openSharded } from './shards/sharded-store.ts';

/** The store of the deployment, for one call of the Worker or one object. */
export interface OpenedStore {
  readonly store: ObjectStore;
  readonly availability: Availability;
  /** Null where leases are renewed by who is asked. */
  readonly renewalPlaces: RenewalPlaces | null;
  /** Null without shards. */
  readonly sharded: { readonly store: ShardedStore; readonly shards: number } | null;
  /** False where it could not be opened: then everything that is asked of it fails, and it should be opened again. */
  readonly isOpen: boolean;
}

export interface MeteredStore extends OpenedStore {
  /** Operations on R2 and calls of shards. */
  readonly spending: Spending;
}

export interface StoreOpener {
  open(): Promise<OpenedStore>;
  /** Counts what is asked of R2 and of shards. Null for a store without R2. */
  openMetered(): Promise<MeteredStore | null>;
}

const logger = getLogger(['dalsegno', 'shards']);

/** What the opener keeps is data: the calls of an isolate share it. */
export function createStoreOpener({
  chosen,
  shards,
  wantedShards,
  memory,
}: {
  readonly chosen: ChosenStore;
  /** Null where everything is in one store. */
  readonly shards: LeaseShardsLike | null;
  /** What the setting says; undefined where it says nothing. */
  readonly wantedShards: number | undefined;
  readonly memory: ProcessMemory;
}): StoreOpener {
  const shardsMemory = createShardsMemory();
  let known: number | null = null;

  async function countOf(bucket: R2BucketLike): Promise<number> {
    if (known !== null) return known;
    known = await readShardCount(createR2Store({ bucket }), wantedShards ?? DEFAULT_SHARDS);
    if (wantedShards !== undefined && wantedShards !== known) {
      logger.warning(
        'SHARDS is {wanted} and has no effect: this deployment has {shards} shards since its first start, as {key} in R2 says',
        { wanted: wantedShards, shards: known, key: LAYOUT_KEY },
      );
    }
    return known;
  }

  function openPlain(store: ObjectStore): OpenedStore {
    return {
      store,
      availability: createStoredAvailability(store, memory.availability),
      renewalPlaces: null,
      sharded: null,
      isOpen: true,
    };
  }

  async function openShards(
    bucket: R2BucketLike,
    binding: LeaseShardsLike,
    called: () => void,
  ): Promise<OpenedStore> {
    const { missed } = memory.availability;
    const parts = { bucket, binding, memory: shardsMemory, missed, called };
    const platform = { clock: systemClock, random: systemRandom };
    try {
      const count = await countOf(bucket);
      const opened = openSharded({ ...parts, ...platform, of: count });
      return { ...opened, sharded: { store: opened.store, shards: count }, isOpen: true };
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      const { traits } = openSharded({ ...parts, ...platform, of: 1 }).store;
      return { ...openPlain(createBrokenStore(traits, error)), isOpen: false };
    }
  }

  return {
    async open() {
      const { bucket, store } = chosen;
      if (bucket === null || shards === null) return openPlain(store);
      return openShards(bucket, shards, () => {});
    },

    async openMetered() {
      if (chosen.bucket === null) return null;
      const { bucket, spending } = meterBucket(chosen.bucket);
      let calls = 0;
      const counted: Spending = {
        get operations() {
          return spending.operations + calls;
        },
        get bodyBytes() {
          return spending.bodyBytes;
        },
      };
      const opened =
        shards === null
          ? openPlain(createR2Store({ bucket }))
          : await openShards(bucket, shards, () => {
              calls += 1;
            });
      return { ...opened, spending: counted };
    },
  };
}
