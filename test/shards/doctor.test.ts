import { describe, expect, it } from 'vitest';
import { readWorkerConfig } from '../../functions/cloudflare/config.ts';
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

  it.each([4, 8, 20])('fits into a call of the free plan with %i shards', async shards => {
    let operations = 0;
    const counting = <T>(task: () => Promise<T>): Promise<T> => {
      operations += 1;
      return task();
    };
    const world = await openWorld({
      shards,
      wrap: bucket => ({
        head: key => counting(() => bucket.head(key)),
        get: key => counting(() => bucket.get(key)),
        put: (...put) => counting(() => bucket.put(...put)),
        delete: key => counting(() => bucket.delete(key)),
        list: options => counting(() => bucket.list(options)),
      }),
    });
    for (const shard of world.shards) {
      await shard.running();
      shard.calls.length = 0;
    }
    operations = 0;
    const config = readWorkerConfig({ PLAN: 'free' });
    const { doctorKeys = 0, doctorCalls } = config.kind === 'config' ? config.config : {};
    const { doctor } = world.app.repository;
    const diagnosis = await doctor.examine({ listKeys: doctorKeys, calls: doctorCalls });
    const calls = world.shards.reduce((sum, shard) => sum + shard.calls.length, 0);
    // To open the store takes two.
    expect(calls + operations).toBeLessThanOrEqual(45);
    const left = diagnosis.checks.filter(({ detail }) => detail.startsWith('Not examined'));
    expect(failedIn(diagnosis)).toEqual(left.map(({ name }) => name));
    expect(left).toHaveLength(shards > 8 ? 18 : 0);
    world.close();
  });

  it('finds a bucket that ignores preconditions on the free plan too', async () => {
    const world = await openWorld({ shards: 8, wrap: lenient });
    const diagnosis = await world.app.repository.doctor.examine({ listKeys: 5, calls: 45 });
    expect(failedIn(diagnosis)).toEqual(['r2: compare-and-swap']);
    expect(diagnosis.leases).toBe(false);
    world.close();
  });
});
