import { afterEach, describe, expect, it } from 'vitest';
import { acquire, beat, claimed, type Held, keysOf } from '../support/leasing.ts';
import { openWorld, type ShardWorld } from './shard-world.ts';

let world: ShardWorld;

afterEach(() => world.close());

async function hold(jobId: string, ttlSeconds: number): Promise<Held> {
  await world.app.create({ job_id: jobId });
  return acquire(world.app, { path: `/v1/jobs/${jobId}`, ttl_seconds: ttlSeconds });
}

const statusOf = async (jobId: string) =>
  ((await world.app.ask('GET', `/v1/jobs/${jobId}`)).json as { status: string }).status;

const recovered = () =>
  world.events.reduce(
    (sum, event) => sum + (event.kind === 'pass' ? event.report.recovered : 0),
    0,
  );

/** The shards know that their catalogues are complete. */
async function openSettled(options: Parameters<typeof openWorld>[0] = {}): Promise<void> {
  world = await openWorld(options);
  for (const shard of world.shards) await shard.running();
  await world.advance(1_000);
}

describe('the alarm of a shard', () => {
  it('frees the job of a dead holder within a second after its ttl, without cron', async () => {
    await openSettled();
    await hold('job-1', 5);
    await world.advance(4_999);
    expect(await claimed(world.app)).toBeNull();
    await world.advance(1_001);
    expect(await claimed(world.app)).toBe('job-1');
  });

  it('recovers nothing while holders renew, and is set once for each ttl', async () => {
    await openSettled({ shards: 1 });
    const held = await hold('job-1', 60);
    const [shard] = world.shards;
    const before = shard?.alarmsSet ?? 0;
    for (let nth = 0; nth < 30; nth += 1) {
      await world.advance(20_000);
      expect((await beat(world.app, held)).status).toBe(200);
    }
    expect(recovered()).toBe(0);
    expect((shard?.alarmsSet ?? 0) - before).toBeLessThanOrEqual(15);
  });

  it('recovers jobs that end at different times, each in time', async () => {
    await openSettled();
    for (const [nth, ttl] of [5, 7, 7, 20].entries()) await hold(`job-${nth}`, ttl);
    const seen: number[] = [];
    for (let second = 0; second < 21; second += 1) {
      await world.advance(1_000);
      seen.push(recovered());
    }
    expect([seen[3], seen[4], seen[5], seen[6], seen[18], seen[20]]).toEqual([0, 1, 1, 3, 3, 4]);
  });

  it('does no harm when it fires twice', async () => {
    await openSettled();
    await hold('job-1', 5);
    const shard = world.shardOf('job-1');
    await world.advance(5_500);
    await Promise.all([shard.ring(), shard.ring()]);
    await shard.ring();
    expect(recovered()).toBe(1);
    expect(await statusOf('job-1')).toBe('paused');
  });

  it('gives holders one ttl when it fires late and no call came meanwhile, once', async () => {
    await openSettled();
    const held = await hold('job-1', 5);
    const shard = world.shardOf('job-1');
    shard.isDeaf = true;
    await world.advance(60_000);
    shard.isDeaf = false;
    await shard.ring();
    expect(world.events).toContainEqual({ kind: 'late', milliseconds: expect.any(Number) });
    expect(recovered()).toBe(0);
    expect((await beat(world.app, held)).status).toBe(200);
    await world.advance(5_500);
    expect(recovered()).toBe(1);
  });

  it('is set again by a shard that starts without one', async () => {
    await openSettled();
    await hold('job-1', 5);
    const shard = world.shardOf('job-1');
    shard.alarmAtMs = null;
    shard.crash();
    await shard.running();
    await world.advance(6_000);
    expect(recovered()).toBe(1);
  });

  it('is kept as it is by a shard that starts, and not moved by a later lease', async () => {
    await openSettled({ shards: 1 });
    await hold('job-1', 5);
    const [shard] = world.shards;
    shard?.crash();
    await hold('job-2', 60);
    await world.advance(5_500);
    expect(recovered()).toBe(1);
  });

  it('tries again while R2 refuses writes, for a minute, and then frees the job', async () => {
    await openSettled();
    await hold('job-1', 5);
    world.breakBucket(new Error('Too many requests (10058)'));
    await world.advance(60_000);
    expect(recovered()).toBe(0);
    world.breakBucket(null);
    await world.advance(65_000);
    expect(recovered()).toBe(1);
    expect(await statusOf('job-1')).toBe('paused');
    expect(await keysOf(world.app.store, 'leases/')).toEqual([]);
  });

  it('frees the job of a lease whose process died after it had ended it', async () => {
    await openSettled({ shards: 1 });
    const held = await hold('job-1', 5);
    await world.advance(1_000);
    const object = await world.app.store.get(held.key);
    const lease = JSON.parse(new TextDecoder().decode(object?.body)) as Record<string, unknown>;
    const ended = new TextEncoder().encode(JSON.stringify({ ...lease, expired: true }));
    const label = `${String(lease['expires_at'])} ${String(lease['renewed_at'])} 5 ended`;
    await world.app.store.put(held.key, ended, { kind: 'none' }, label);
    await world.advance(10_500);
    expect(await statusOf('job-1')).toBe('paused');
  });
});

describe('a shard that restarts', () => {
  it('loses no renewal and ends leases exactly where its window was closed', async () => {
    await openSettled({ shards: 1 });
    const held = await hold('job-1', 5);
    await world.advance(3_000);
    await beat(world.app, held);
    await world.advance(3_000);
    world.shards[0]?.crash();
    await world.advance(1_900);
    expect(recovered()).toBe(0);
    await world.advance(600);
    expect(recovered()).toBe(1);
  });

  it('gives every lease one ttl, once, where renewals may have been lost', async () => {
    await openSettled({ shards: 1 });
    const held = [await hold('job-1', 5), await hold('job-2', 5)];
    await world.advance(4_000);
    // So many at once open the window.
    const beats = () =>
      world.app.ask('POST', '/v1/heartbeats', {
        json: { beats: held.map(({ token }) => ({ token })) },
      });
    for (let nth = 0; nth < 4; nth += 1) await beats();
    world.shards[0]?.crash();
    await world.shards[0]?.running();
    await world.advance(4_900);
    expect(recovered()).toBe(0);
    await world.advance(600);
    expect(recovered()).toBe(2);
    world.shards[0]?.crash();
    await hold('job-3', 5);
    await world.advance(5_500);
    expect(recovered()).toBe(3);
  });
});

describe('heartbeats', () => {
  it('of a batch go to each shard once, and are answered in order', async () => {
    await openSettled();
    const held: Held[] = [];
    for (let nth = 0; nth < 12; nth += 1) held.push(await hold(`job-${nth}`, 60));
    for (const { calls } of world.shards) calls.length = 0;
    const answer = await world.app.ask('POST', '/v1/heartbeats', {
      json: { beats: held.map(({ token }) => ({ token })) },
    });
    const ids = held.map(({ leaseId: lease_id }) => ({ ok: true, lease: { lease_id } }));
    expect((answer.json as { beats: unknown }).beats).toMatchObject(ids);
    expect(world.shards.map(({ calls }) => calls)).toEqual([['renew'], ['renew'], ['renew']]);
  });

  it('of a shard that is down fail alone, and a lease then keeps its holder for one ttl', async () => {
    await openSettled();
    const held: Held[] = [];
    for (let nth = 0; nth < 6; nth += 1) held.push(await hold(`job-${nth}`, 5));
    const down = world.shardOf('job-0');
    down.isDown = true;
    const answer = await world.app.ask('POST', '/v1/heartbeats', {
      json: { beats: held.map(({ token }) => ({ token })) },
    });
    const oks = (answer.json as { beats: { ok: boolean }[] }).beats.map(({ ok }) => ok);
    const isUp = held.map((_, nth) => world.shardOf(`job-${nth}`) !== down);
    expect(oks).toEqual(isUp);
    down.isDown = false;
    expect((await beat(world.app, held[0] as Held, '/v1/jobs/job-0')).status).toBe(200);
  });

  it('write one row each where they are rare, and few rows where they are many', async () => {
    await openSettled({ shards: 1 });
    const held: Held[] = [];
    for (let nth = 0; nth < 50; nth += 1) held.push(await hold(`job-${nth}`, 60));
    await world.advance(10_000);
    const [shard] = world.shards;
    shard?.take();
    await beat(world.app, held[0] as Held, '/v1/jobs/job-0');
    expect(shard?.take().written).toBe(1);
    await world.advance(10_000);
    shard?.take();
    for (let nth = 0; nth < 50; nth += 1) {
      await beat(world.app, held[nth] as Held, `/v1/jobs/job-${nth}`);
      await world.advance(100);
    }
    expect(shard?.take().written).toBeLessThanOrEqual(8);
  });
});

describe('a shard without its data', () => {
  it('completes its catalogue by its alarm, a part at a time', async () => {
    await openSettled({
      start: async bucket => {
        for (let nth = 0; nth < 3; nth += 1) {
          const body = new TextEncoder().encode('{}');
          await bucket.put(`jobs/old-${nth}.json`, body, {});
        }
      },
    });
    await world.advance(5_000);
    expect(await world.app.store.ordered?.isComplete('jobs')).toBe(true);
    expect(world.shards.map(({ alarmAtMs }) => alarmAtMs)).toEqual([null, null, null]);
  });
});
