import { getLogger } from '@logtape/logtape';
import type { Availability } from '../../lib/availability/availability.ts';
import { createStoredAvailability } from '../../lib/availability/stored.ts';
import { systemClock } from '../../lib/base/clock.ts';
import { systemRandom } from '../../lib/base/random.ts';
import { type MoveControl, reportOf } from '../../lib/move/move.ts';
import type { MoveRecord } from '../../lib/move/record.ts';
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
import type { MoveKeeper } from './shards/move-keeper.ts';
import { moveNext, movingAvailability, openMoving } from './shards/moving-stores.ts';
import type { LeaseShardsLike } from './shards/ports.ts';
import { type Later, openSharded, type Sharded } from './shards/sharded-store.ts';

/** The store of the deployment, for one call of the Worker or one object. */
export interface OpenedStore {
  readonly store: ObjectStore;
  readonly availability: Availability;
  /** Null where leases are renewed by who is asked. */
  readonly renewalPlaces: RenewalPlaces | null;
  /** Null without shards. */
  readonly sharded: { readonly store: ShardedStore; readonly shards: number } | null;
  /** False where it could not be opened: then everything that is asked of it fails. */
  readonly isOpen: boolean;
  /** When it should be opened again, in milliseconds since 1970. */
  readonly usableUntilMs: number;
  /** Null where nothing was moved between R2 and shards. */
  readonly move: MoveControl | null;
}

export interface MeteredStore extends OpenedStore {
  /** Operations on R2 and calls of shards, or statements. */
  readonly spending: Spending;
  /** Removes what the store no longer needs. */
  readonly tidy: () => Promise<void>;
}

export interface StoreOpener {
  /** `later` is what the call or the object does about a second later. */
  open(later?: Later): Promise<OpenedStore>;
  /** Counts what is asked of R2 and of shards, or of the database. Null for Workers KV. */
  openMetered(): Promise<MeteredStore | null>;
}

const logger = getLogger(['dalsegno', 'shards']);

export interface StoreOpenerOptions {
  readonly chosen: ChosenStore;
  /** Null where everything is in one store. */
  readonly shards: LeaseShardsLike | null;
  /** What the setting says; undefined where it says nothing. */
  readonly wantedShards: number | undefined;
  readonly memory: ProcessMemory;
  readonly moves: MoveKeeper;
  /** Objects that are moved in one call. */
  readonly movedAtOnce: number;
}

/** What the opener keeps is data: the calls of an isolate share it. */
export function createStoreOpener(options: StoreOpenerOptions): StoreOpener {
  const { chosen, shards, wantedShards, memory, moves, movedAtOnce } = options;
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
      usableUntilMs: Number.POSITIVE_INFINITY,
      move: null,
    };
  }

  /** What the record of moves asks for: R2 alone, shards, or both. */
  function openFor(
    record: MoveRecord,
    plain: ObjectStore,
    { opened, of }: { readonly opened: Sharded; readonly of: number },
  ): OpenedStore {
    const usableUntilMs = moves.usableUntilMs();
    const parts = { plain, sharded: opened.store, clock: systemClock };
    const move = {
      last: reportOf(record, systemClock.millis()),
      next: () => moveNext(parts, movedAtOnce),
    };
    if (record.done_at_ms !== null) {
      const settled =
        record.to === 'r2'
          ? openPlain(plain)
          : {
              ...opened,
              sharded: { store: opened.store, shards: of },
              isOpen: true,
            };
      return { ...settled, usableUntilMs, move };
    }
    const store = openMoving(parts, record);
    const interruptions = {
      shards: opened.availability,
      memory: memory.availability,
      clock: systemClock,
    };
    const availability = movingAvailability(store, record, interruptions);
    return { ...openPlain(store), availability, usableUntilMs, move };
  }

  async function openIn(
    bucket: R2BucketLike,
    own: { readonly called?: () => void; readonly later?: Later },
  ): Promise<OpenedStore> {
    const plain = createR2Store({ bucket });
    const { missed } = memory.availability;
    try {
      const record = await moves.current(plain);
      if (shards === null || record === null) return openPlain(plain);
      const of = await countOf(bucket);
      const platform = { clock: systemClock, random: systemRandom };
      const parts = { bucket, binding: shards, memory: shardsMemory, missed, ...own };
      return openFor(record, plain, { opened: openSharded({ ...parts, ...platform, of }), of });
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      const traits = shards === null ? plain.traits : { ...plain.traits, name: 'durable-objects' };
      const broken = createBrokenStore(traits, error);
      return { ...openPlain(broken), isOpen: false, usableUntilMs: 0 };
    }
  }

  return {
    async open(later) {
      const { bucket } = chosen;
      return bucket === null
        ? openPlain(chosen.open().store)
        : openIn(bucket, later === undefined ? {} : { later });
    },

    async openMetered() {
      if (chosen.bucket === null) {
        const { store, spending, tidy } = chosen.open();
        return spending === null ? null : { ...openPlain(store), spending, tidy };
      }
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
      const called = () => {
        calls += 1;
      };
      const opened = await openIn(bucket, { called });
      return { ...opened, spending: counted, tidy: async () => {} };
    },
  };
}
