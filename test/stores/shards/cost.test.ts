import { afterEach, describe, expect, it } from 'vitest';
import { ABSENT, atVersion, type PageQuery, UNCONDITIONAL } from '../../../lib/store.ts';
import type { ShardedStore } from '../../../lib/stores/shards.ts';
import { bodyOf } from '../../conformance/body.ts';
import { collect, write } from '../../conformance/write.ts';
import { openShardWorld, type ShardWorld } from './shard-world.ts';

const FIRST: PageQuery = { group: null, after: null, before: null, descending: true, limit: 51 };
const EMPTY = new Uint8Array();

const worlds: ShardWorld[] = [];

afterEach(() => {
  for (const world of worlds.splice(0)) world.close();
});

async function openComplete(shards = 8): Promise<{ world: ShardWorld; store: ShardedStore }> {
  const world = openShardWorld({ shards });
  worlds.push(world);
  const store = world.open();
  await store.ordered?.complete('jobs', 0);
  world.take();
  world.takeCalls();
  return { world, store };
}

/** As the service does: the hint, and the job. */
async function create(store: ShardedStore, name: string): Promise<void> {
  await store.put(`ready/1.n~${name}`, EMPTY, UNCONDITIONAL, undefined, 'ordered');
  await store.put(`jobs/${name}.json`, bodyOf('1'), ABSENT, '01 pending n');
}

async function claim(store: ShardedStore, name: string): Promise<void> {
  const hints = store.list('ready/', 'ready/', { labels: false })[Symbol.asyncIterator]();
  await hints.next();
  await store.put(`leases/${name}.1.json`, bodyOf('lease'), ABSENT, 'times', 'ordered');
  await update(store, name, '02 running n w');
  await store.delete(`ready/1.n~${name}`, UNCONDITIONAL, 'ordered');
}

async function update(store: ShardedStore, name: string, label: string): Promise<void> {
  const key = `jobs/${name}.json`;
  const object = await store.get(key);
  if (object === null) throw new Error(`There is no ${key}`);
  await store.put(key, bodyOf(label), atVersion(object.version), label);
}

async function renew(store: ShardedStore, name: string, round: number): Promise<void> {
  await store.put(
    `leases/${name}.1.json`,
    bodyOf(`lease ${round}`),
    UNCONDITIONAL,
    'times',
    'lazy',
  );
}

describe('a job costs', () => {
  it('one row when it is created, and one when it is claimed', async () => {
    const { world, store } = await openComplete();
    await create(store, 'a');
    expect(world.take()).toMatchObject({ written: 1, calls: 3 });
    await claim(store, 'a');
    expect(world.take()).toMatchObject({ written: 1, calls: 8 + 4 });
  });

  it('no row when it is updated soon after, and at most one later', async () => {
    const { world, store } = await openComplete();
    await create(store, 'a');
    await claim(store, 'a');
    // With the deletion of the hint.
    await update(store, 'a', '02 running n w');
    world.take();
    await update(store, 'a', '03 running n w');
    world.advance(1_000);
    await update(store, 'a', '04 running n w');
    expect(world.take()).toMatchObject({ written: 0, calls: 4 });
    world.advance(120_000);
    world.take();
    await update(store, 'a', '05 running n w');
    expect(world.take()).toMatchObject({ written: 1, calls: 2 });
  });

  it('one row for all that has changed, when nothing calls any more', async () => {
    const { world, store } = await openComplete(1);
    for (let count = 0; count < 100; count += 1) await create(store, `job-${count}`);
    world.take();
    world.advance(4_000);
    expect(world.take().written).toBe(0);
    world.advance(2_000);
    expect(world.take().written).toBe(1);
    world.advance(3_600_000);
    expect(world.take().written).toBe(0);
  });
});

describe('renewals cost', () => {
  it('one row each in a quiet shard', async () => {
    const { world, store } = await openComplete(1);
    await write(store, 'leases/a.1.json', 'lease');
    world.take();
    for (let round = 0; round < 10; round += 1) {
      await renew(store, 'a', round);
      world.advance(20_000);
    }
    expect(world.take()).toMatchObject({ written: 10, calls: 10 });
  });

  it('one row for two seconds in a busy shard, and two after the last', async () => {
    const { world, store } = await openComplete(1);
    for (let round = 0; round < 1_000; round += 1) {
      await renew(store, `job-${round % 50}`, round);
      world.advance(20);
    }
    const { written } = world.take();
    expect(written).toBeLessThanOrEqual(15);
    world.advance(10_000);
    expect(world.take().written).toBeLessThanOrEqual(2);
    world.shards[0]?.crash();
    expect(store.interruptedAtMs('leases/job-1.1.json')).toBeNull();
    expect((await collect(store.list('leases/'))).length).toBe(50);
    expect(store.interruptedAtMs('leases/job-1.1.json')).toBeNull();
  });
});

/** Jobs among which a page is read: `LISTED_JOBS=100000` takes some seconds. */
const LISTED = Number(process.env['LISTED_JOBS'] ?? 16_000);

describe('the first page costs', () => {
  it(`at most 100 rows and no operation of the bucket, among ${LISTED} jobs`, async () => {
    const { world, store } = await openComplete();
    for (let index = 0; index < LISTED; index += 1) {
      const order = String(index).padStart(6, '0');
      const fields = [
        `jobs/job-${index}.json`,
        'v',
        `${order} pending n`,
        order,
        'pending',
        'n',
        '',
      ];
      world.shards[index % 8]?.sql.exec(
        'INSERT INTO listed (key, version, label, place, kind, field_a, field_b) VALUES (?, ?, ?, ?, ?, ?, ?)',
        ...fields,
      );
    }
    world.take();
    const entries = await store.ordered?.page('jobs', FIRST);
    expect(entries?.map(({ key }) => key)).toEqual(
      Array.from({ length: 51 }, (_, index) => `jobs/job-${LISTED - 1 - index}.json`),
    );
    const { read, written, calls } = world.take();
    expect(read).toBeLessThanOrEqual(100);
    expect({ written, calls }).toEqual({ written: 0, calls: 8 });
    expect(world.takeCalls()).toEqual([]);
  });
});

describe('a list of hints of one name', () => {
  it('reads none of other names', async () => {
    const { world, store } = await openComplete(1);
    const [shard] = world.shards;
    for (let index = 0; index < 2_000; index += 1) {
      const name = index === 1_500 ? 'rare' : 'n';
      const key = `ready/${String(index).padStart(4, '0')}.${name}~job-${index}`;
      shard?.sql.exec(
        'INSERT INTO object (key, version, over, label, body, tag) VALUES (?, ?, ?, ?, ?, ?)',
        key,
        'v',
        null,
        null,
        EMPTY,
        name,
      );
    }
    world.take();
    const found = await collect(store.list('ready/', 'ready/', { labels: false, tag: 'rare' }));
    expect(found.map(({ key }) => key)).toEqual(['ready/1500.rare~job-1500']);
    expect(world.take()).toMatchObject({ read: 1, calls: 1 });
  });
});
