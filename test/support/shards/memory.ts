import type { ObjectStore } from '../../../lib/store.ts';
import { createBucketFake } from '../../cost/bucket-fake.ts';
import { openNodeShards } from './node-shards.ts';

/** In the place of the store in memory, where the suite runs on shards: versions of jobs grow here too. */
export function createMemoryStore(): ObjectStore {
  let puts = 0;
  const bucket = createBucketFake({
    etagOf() {
      puts += 1;
      return `m${puts.toString(36)}`;
    },
  });
  return openNodeShards(bucket).open();
}
