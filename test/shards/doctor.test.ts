import { describe, expect, it } from 'vitest';
import type { Diagnosis } from '../../lib/doctor/doctor.ts';
import type { R2BucketLike } from '../../lib/stores/r2/bucket.ts';
import { openWorld, type ShardWorld } from './shard-world.ts';

const SHARDS = 3;

async function diagnosisOf(world: ShardWorld): Promise<Diagnosis> {
  const answer = await world.app.ask('POST', '/v1/doctor');
  expect(answer.status).toBe(200);
  return answer.json as Diagnosis;
}

function failedIn({ checks }: Diagnosis): string[] {
  return checks.filter(({ ok }) => !ok).map(({ name }) => name);
}

/** As a server that ignores preconditions. */
function lenient(bucket: R2BucketLike): R2BucketLike {
  return {
    ...bucket,
    head: key => bucket.head(key),
    get: key => bucket.get(key),
    delete: key => bucket.delete(key),
    list: options => bucket.list(options),
    put: (key, body, { customMetadata = {} }) => bucket.put(key, body, { customMetadata }),
  };
}

describe('the doctor of a store of two media', () => {
  it('examines the bucket and each shard, and finds them right', async () => {
    const world = await openWorld({ shards: SHARDS });
    const diagnosis = await diagnosisOf(world);
    expect(failedIn(diagnosis)).toEqual([]);
    expect(diagnosis.checks.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'r2: compare-and-swap',
        'shard 0: compare-and-swap',
        'shard 1: compare-and-swap',
        'shard 2: compare-and-swap',
      ]),
    );
    expect(diagnosis.leases).toBe(true);
    world.close();
  });

  it('calls each shard, and leaves nothing behind', async () => {
    const world = await openWorld({ shards: SHARDS });
    for (const shard of world.shards) shard.calls.length = 0;
    await diagnosisOf(world);
    for (const shard of world.shards) expect(shard.calls.length).toBeGreaterThan(0);
    const left = [];
    for await (const { key } of world.store.list('doctor/')) left.push(key);
    expect(left).toEqual([]);
    expect((await world.bucket.list({ prefix: 'doctor/' })).objects).toEqual([]);
    world.close();
  });

  it('refuses leases where the bucket ignores preconditions, though the shards keep them', async () => {
    const world = await openWorld({ shards: SHARDS, wrap: lenient });
    const diagnosis = await diagnosisOf(world);
    expect(failedIn(diagnosis)).toEqual(['r2: compare-and-swap']);
    expect(diagnosis.leases).toBe(false);
    world.close();
  });
});
