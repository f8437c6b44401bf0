import { DurableObject } from 'cloudflare:workers';
import type { ObjectStateLike } from '../../../functions/cloudflare/objects/object-state.ts';
import type { R2BucketLike } from '../../../lib/stores/r2/bucket.ts';
import type { Shard } from '../../../lib/stores/shard.ts';
import { bucketBelow } from '../../support/bucket-below.ts';
import { openSuiteShard } from '../../support/shards/suite-store.ts';
import type { SuitePlace, SuiteShardCalls } from './suite-ports.ts';

/** A shard of a store of the suite. It has no alarm: in the suite time stands still. */
export class SuiteShard extends DurableObject implements SuiteShardCalls {
  readonly #storage: ObjectStateLike['storage'];
  readonly #bucket: R2BucketLike;
  #shard: Shard | null = null;

  constructor(state: ObjectStateLike, env: { readonly STATE_BUCKET: R2BucketLike }) {
    super(state, env);
    this.#storage = state.storage;
    this.#bucket = env.STATE_BUCKET;
  }

  apply(...[place, ...args]: Parameters<SuiteShardCalls['apply']>) {
    return this.#open(place).apply(...args);
  }

  list(...[place, ...args]: Parameters<SuiteShardCalls['list']>) {
    return this.#open(place).list(...args);
  }

  page(...[place, ...args]: Parameters<SuiteShardCalls['page']>) {
    return this.#open(place).page(...args);
  }

  count(...[place, ...args]: Parameters<SuiteShardCalls['count']>) {
    return this.#open(place).count(...args);
  }

  compare(...[place, ...args]: Parameters<SuiteShardCalls['compare']>) {
    return this.#open(place).compare(...args);
  }

  #open({ prefix, number }: SuitePlace): Shard {
    const { sql } = this.#storage;
    this.#shard ??= openSuiteShard({
      sql: {
        exec: (query, ...bindings) => sql.exec(query, ...bindings),
        transaction: task => this.#storage.transactionSync(task),
      },
      bucket: bucketBelow(this.#bucket, prefix),
      number,
    });
    return this.#shard;
  }
}
