import { afterAll } from 'vitest';
import { systemClock } from '../../lib/base/clock.ts';
import { JOB_FOLDER, JOB_ORDERING } from '../../lib/storage/job-summary.ts';
import { SHARD_KEYS, SHARD_LAYOUT } from '../../lib/storage/shard-layout.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { createKvShim } from '../../lib/stores/deno-kv/in-memory.ts';
import { createDenoKvStore } from '../../lib/stores/deno-kv.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { createR2Store } from '../../lib/stores/r2.ts';
import type { ShardedStore } from '../../lib/stores/shards.ts';
import { completeJobLists } from '../../lib/sweep/complete-lists.ts';
import { createBucketFake } from '../cost/bucket-fake.ts';
import { seededRandom } from '../support/random.ts';
import { createFakeS3, FAKE_ADDRESS } from '../support/s3/fake.ts';
import { openS3 } from '../support/s3/open-s3.ts';
import { openShardWorld } from './shards/shard-world.ts';
import { makeStateFolder, type StateFolder } from './state-folder.ts';

const folders: StateFolder[] = [];

afterAll(async () => {
  for (const folder of folders) await folder.destroy();
});

/** Opens an empty store of each kind. `now` is in milliseconds since 1970. Folders last until the tests of the file end. */
export const STORE_KINDS: Readonly<Record<string, (now: () => number) => Promise<ObjectStore>>> = {
  memory: async () => createMemoryStore(),
  async file() {
    const folder = await makeStateFolder();
    folders.push(folder);
    return folder.open();
  },
  r2: async () => createR2Store({ bucket: createBucketFake() }),
  s3: async () => openS3(FAKE_ADDRESS, { fetch: createFakeS3().fetch, prefix: 'jobs of/' }),
  async 'deno-kv'(now) {
    const parts = { kv: createKvShim({ now }), random: seededRandom(9), now };
    const store = createDenoKvStore({ ...parts, ordering: JOB_ORDERING });
    await completeJobLists({ store, clock: systemClock, reader: { inspect: neverCalled } });
    return store;
  },
  'durable-objects': async now => openJobShards(now),
};

/** Jobs in a bucket, and everything else in shards. */
export async function openJobShards(now: () => number): Promise<ShardedStore> {
  const world = openShardWorld({
    now,
    keys: SHARD_KEYS,
    layoutOf: (_, owns) => ({ ...SHARD_LAYOUT, owns }),
  });
  const store = world.open();
  await store.ordered?.complete(JOB_FOLDER, 0);
  return store;
}

/** The store is empty. */
function neverCalled(): never {
  throw new Error('There is no job');
}
