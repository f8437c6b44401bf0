import { SHARD_KEYS, SHARD_LAYOUT } from '../../../lib/storage/shard-layout.ts';
import type { ObjectStore } from '../../../lib/store.ts';
import type { R2BucketLike } from '../../../lib/stores/r2/bucket.ts';
import { createR2LookUp } from '../../../lib/stores/r2/look-up.ts';
import { createR2Store } from '../../../lib/stores/r2.ts';
import { SHARD_LIMITS } from '../../../lib/stores/shard/layout.ts';
import type { SqlLike } from '../../../lib/stores/shard/sql.ts';
import { createShard, type Shard } from '../../../lib/stores/shard.ts';
import type { ShardPort } from '../../../lib/stores/shard-port.ts';
import { shardOf } from '../../../lib/stores/shards/shard-of.ts';
import { createShardedStore } from '../../../lib/stores/shards.ts';

/** How many shards a store of the suite has. */
export const SUITE_SHARDS = 3;
/** What changed lately is in the tables as soon as it can be. */
const LIMITS = { ...SHARD_LIMITS, hotBytes: 512 };
const AT_ONCE = { random: () => 0.5, delay: async () => {} };

let minted = 0;

function nextId(): string {
  minted += 1;
  return `v-${minted.toString(36).padStart(14, '0')}`;
}

/** A store of two media as another process has it, for suites that know no store. */
export function openSuiteStore(bucket: R2BucketLike, shards: readonly ShardPort[]): ObjectStore {
  return createShardedStore({
    ...AT_ONCE,
    bodies: createR2Store({ ...AT_ONCE, bucket }),
    shards,
    keys: SHARD_KEYS,
    nowMs: Date.now,
    mintId: nextId,
    maxBodyBytes: 8_000_000,
  });
}

/** One of its shards. Nothing happens in it behind the back of a test. */
export function openSuiteShard({
  sql,
  bucket,
  number,
}: {
  readonly sql: SqlLike;
  readonly bucket: R2BucketLike;
  readonly number: number;
}): Shard {
  return createShard({
    sql,
    layout: {
      ...SHARD_LAYOUT,
      owns: key => shardOf(SHARD_KEYS.placeOf(key), SUITE_SHARDS) === number,
    },
    lookUp: createR2LookUp({ ...AT_ONCE, bucket }),
    nowMs: Date.now,
    timer: () => () => {},
    instance: nextId(),
    limits: LIMITS,
  });
}
