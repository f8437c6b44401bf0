import type { ObjectStore } from '../../../lib/store.ts';
import type { R2BucketLike } from '../../../lib/stores/r2/bucket.ts';
import type { SqlLike } from '../../../lib/stores/shard/sql.ts';
import type { Shard } from '../../../lib/stores/shard.ts';
import type { ShardPort } from '../../../lib/stores/shard-port.ts';
import { createBucketFake } from '../../cost/bucket-fake.ts';
import { openNodeSql } from '../../stores/shards/node-sql.ts';
import { openSuiteShard, openSuiteStore, SUITE_SHARDS } from './suite-store.ts';

/** After so many calls a shard stores what is only in memory, and is started again. */
const CALLS_OF_A_START = 7;

/** Shards in Node. They outlive the stores that `open` opens on them. */
export function openNodeShards(bucket: R2BucketLike = createBucketFake()): {
  readonly bucket: R2BucketLike;
  open(): ObjectStore;
} {
  const ports = Array.from({ length: SUITE_SHARDS }, (_, number) => hostedShard(bucket, number));
  return { bucket, open: () => openSuiteStore(bucket, ports) };
}

/** As the platform hosts it: arguments and answers are copies, and it is evicted now and then. */
function hostedShard(bucket: R2BucketLike, number: number): ShardPort {
  let sql: SqlLike | null = null;
  let shard: Shard | null = null;
  let calls = 0;

  function running(): Shard {
    calls += 1;
    if (calls % CALLS_OF_A_START === 0) {
      shard?.flush();
      shard = null;
    }
    sql ??= openNodeSql();
    shard ??= openSuiteShard({ sql, bucket, number });
    return shard;
  }

  async function call<Args extends unknown[], T>(
    args: Args,
    task: (shard: Shard, args: Args) => Promise<T>,
  ): Promise<T> {
    return structuredClone(await task(running(), structuredClone(args)));
  }

  return {
    apply: (...args) => call(args, (each, given) => each.apply(...given)),
    list: (...args) => call(args, (each, given) => each.list(...given)),
    page: (...args) => call(args, (each, given) => each.page(...given)),
    count: (...args) => call(args, (each, given) => each.count(...given)),
    compare: (...args) => call(args, (each, given) => each.compare(...given)),
  };
}
