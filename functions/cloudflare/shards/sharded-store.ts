import type { Availability } from '../../../lib/availability/availability.ts';
import type { MissedRenewals } from '../../../lib/availability/missed-renewals.ts';
import { createReportedAvailability } from '../../../lib/availability/reported.ts';
import type { Clock } from '../../../lib/base/clock.ts';
import type { Random } from '../../../lib/base/random.ts';
import type { RenewalPlaces } from '../../../lib/remote/renewal.ts';
import { SHARD_KEYS } from '../../../lib/storage/shard-layout.ts';
import type { R2BucketLike } from '../../../lib/stores/r2/bucket.ts';
import { createR2Store } from '../../../lib/stores/r2.ts';
import { shardOf } from '../../../lib/stores/shards/shard-of.ts';
import {
  createShardedStore,
  type ShardedStore,
  type ShardedStoreOptions,
  type ShardsMemory,
} from '../../../lib/stores/shards.ts';
import { type LeaseShardsLike, shardPortsOf } from './ports.ts';

export interface ShardedParts {
  readonly bucket: R2BucketLike;
  readonly binding: LeaseShardsLike;
  /** How many shards there are. */
  readonly of: number;
  /** Shared by all stores of the isolate. */
  readonly memory: ShardsMemory;
  readonly missed: MissedRenewals;
  readonly clock: Clock;
  readonly random: Random;
  /** Before each call of a shard. */
  readonly called?: () => void;
  /** Runs a task about a second later. Left out where there may be no time for it. */
  readonly later?: Later;
}

export type Later = NonNullable<ShardedStoreOptions['later']>;

/** The store of two media for one call or one object, and what the leases in the shards ask for. */
export interface Sharded {
  readonly store: ShardedStore;
  readonly availability: Availability;
  readonly renewalPlaces: RenewalPlaces;
}

export function openSharded(parts: ShardedParts): Sharded {
  const { bucket, binding, of, memory, missed, clock, random, called, later } = parts;
  const ports = shardPortsOf(binding, { of, ...(called === undefined ? {} : { called }) });
  const store = createShardedStore({
    bodies: createR2Store({ bucket }),
    shards: ports,
    keys: SHARD_KEYS,
    nowMs: () => clock.millis(),
    mintId: () => random.id(),
    memory,
    ...(later === undefined ? {} : { later }),
  });
  return {
    store,
    availability: createReportedAvailability({
      interruptedAtMs: key => store.interruptedAtMs(key),
      missed,
    }),
    renewalPlaces: { placeOf: name => shardOf(name, of), ports },
  };
}
