import { afterEach, describe, expect, it } from 'vitest';
import { ABSENT, type PageQuery, StoreError, UNCONDITIONAL } from '../../../lib/store.ts';
import type { CheckCursor } from '../../../lib/stores/shards/catalogue-check.ts';
import type { ShardedStore } from '../../../lib/stores/shards.ts';
import { bodyOf, textOf } from '../../conformance/body.ts';
import { collect, write } from '../../conformance/write.ts';
import { KEYS, openShardWorld, type ShardWorld } from './shard-world.ts';

const ALL: PageQuery = { group: null, after: null, before: null, descending: false, limit: 2_000 };
const LEASE = 'leases/a.1.json';

const worlds: ShardWorld[] = [];

afterEach(() => {
  for (const world of worlds.splice(0)) world.close();
});

async function openComplete(shards = 1): Promise<{ world: ShardWorld; store: ShardedStore }> {
  const world = openShardWorld({ shards });
  worlds.push(world);
  const store = world.open();
  await store.ordered?.complete('jobs', 0);
  return { world, store };
}

function renew(store: ShardedStore, text: string): Promise<unknown> {
  return store.put(LEASE, bodyOf(text), UNCONDITIONAL, text, 'lazy');
}

async function pageOf(store: ShardedStore): Promise<string[]> {
  const entries = (await store.ordered?.page('jobs', ALL)) ?? [];
  return entries.map(({ key, label }) => `${key} ${label}`);
}

describe('a shard that restarts', () => {
  it('has every renewal of a quiet time, and reports no interruption', async () => {
    const { world, store } = await openComplete();
    await renew(store, 'one');
    world.shards[0]?.crash();
    expect(textOf((await store.get(LEASE))?.body)).toBe('one');
    expect(store.interruptedAtMs(LEASE)).toBeNull();
  });

  it('reports an interruption when renewals may have been lost, also after another restart', async () => {
    const { world, store } = await openComplete();
    for (const text of ['one', 'two', 'three', 'four']) await renew(store, text);
    world.advance(500);
    await renew(store, 'five');
    world.shards[0]?.crash();
    world.advance(100);
    const atMs = world.nowMs();
    expect(textOf((await store.get(LEASE))?.body)).not.toBe('five');
    expect(store.interruptedAtMs(LEASE)).toBe(atMs);
    world.advance(60_000);
    world.shards[0]?.crash();
    await store.get(LEASE);
    expect(store.interruptedAtMs(LEASE)).toBe(atMs);
  });

  it('loses no renewal that came when the clock was set back in an open window', async () => {
    const { world, store } = await openComplete();
    for (const text of ['one', 'two', 'three', 'four']) await renew(store, text);
    world.advance(-3_600_000);
    await renew(store, 'five');
    world.shards[0]?.crash();
    expect(textOf((await store.get(LEASE))?.body)).toBe('five');
  });

  it('loses no renewal when its timer is late', async () => {
    const { world, store } = await openComplete();
    for (const text of ['one', 'two', 'three', 'four']) await renew(store, text);
    world.stall(10_000);
    await renew(store, 'five');
    world.shards[0]?.crash();
    expect(textOf((await store.get(LEASE))?.body)).toBe('five');
  });

  it('lists a job whose write it did not see end, and none whose write never began', async () => {
    const { world, store } = await openComplete();
    const [shard] = world.shards;
    await shard?.port.apply([{ do: 'announce', key: 'jobs/never.json', id: 'x' }]);
    await shard?.port.apply([{ do: 'announce', key: 'jobs/stored.json', id: 'y' }]);
    await world.bodies.put('jobs/stored.json', bodyOf('1'), ABSENT, '01 x');
    shard?.crash();
    expect(await pageOf(store)).toEqual(['jobs/stored.json 01 x']);
    world.takeCalls();
    expect(await pageOf(store)).toEqual(['jobs/stored.json 01 x']);
    expect(world.takeCalls()).toEqual([]);
  });

  it('finds out late how a write has ended when it is not told', async () => {
    const { world, store } = await openComplete();
    const [shard] = world.shards;
    await store.put('jobs/a.json', bodyOf('1'), ABSENT, '01 x');
    await shard?.port.apply([{ do: 'announce', key: 'jobs/a.json', id: 'x' }]);
    await world.bodies.put('jobs/a.json', bodyOf('2'), UNCONDITIONAL, '02 x');
    expect(await pageOf(store)).toEqual(['jobs/a.json 01 x']);
    world.advance(2_500);
    expect(await pageOf(store)).toEqual(['jobs/a.json 02 x']);
  });
});

describe('a call without an answer', () => {
  it('is done once: a put and a delete find out that their first try was carried out', async () => {
    const { world, store } = await openComplete();
    world.shards[0]?.failNext('after', 3);
    const version = await store.put(LEASE, bodyOf('one'), ABSENT);
    expect(version).not.toBeNull();
    expect((await store.get(LEASE))?.version).toBe(version);
    world.shards[0]?.failNext('after', 2);
    expect(await store.delete(LEASE, { kind: 'version', version: version ?? never() })).toBe(true);
  });

  it('is refused where another writer was faster, and rejects where nothing shows it', async () => {
    const { world, store } = await openComplete();
    const first = await write(store, LEASE, 'one');
    const expected = { kind: 'version', version: first } as const;
    world.shards[0]?.failNext('before');
    const slow = store.put(LEASE, bodyOf('slow'), expected);
    await world.open().put(LEASE, bodyOf('fast'), expected);
    expect(await slow).toBeNull();

    const next = await write(store, LEASE, 'two');
    world.shards[0]?.failNext('after');
    const lost = store.put(LEASE, bodyOf('lost'), { kind: 'version', version: next });
    await world.open().put(LEASE, bodyOf('later'), UNCONDITIONAL);
    await expect(lost).rejects.toThrow(StoreError);
  });

  it('is an error of the store when the shard stays away, and the job is not written', async () => {
    const { world, store } = await openComplete();
    world.shards[0]?.failNext('before', 14);
    await expect(store.put('jobs/a.json', bodyOf('1'), ABSENT)).rejects.toThrow(StoreError);
    expect(await world.bodies.head('jobs/a.json')).toBeNull();
  });
});

describe('a catalogue that is wrong', () => {
  const WRONG = {
    'has no entry of a job': "DELETE FROM listed WHERE key = 'jobs/b.json'",
    'has an older version': "UPDATE listed SET version = 'old' WHERE key = 'jobs/b.json'",
    'has another label':
      "UPDATE listed SET label = '09 y', place = '09', kind = 'y' WHERE key = 'jobs/b.json'",
    'has it at another place':
      "UPDATE listed SET place = '09', kind = 'y' WHERE key = 'jobs/b.json'",
    'has an entry of no job':
      "INSERT INTO listed (key, version, label, place, kind, field_a, field_b) VALUES ('jobs/z.json', 'v', '01 x', '01', 'x', '', '')",
    'has nothing': 'DELETE FROM listed',
  };

  it.each(Object.entries(WRONG))('is right after a comparison when it %s', async (_, statement) => {
    const { world, store } = await openComplete();
    for (const name of ['a', 'b', 'c']) {
      await world.bodies.put(`jobs/${name}.json`, bodyOf(name), ABSENT, `0${name.length} x`);
    }
    await store.ordered?.complete('jobs', Number.POSITIVE_INFINITY);
    const right = await store.ordered?.page('jobs', ALL);
    expect(right).toHaveLength(3);
    world.shards[0]?.sql.exec(statement);
    expect(await store.ordered?.page('jobs', ALL)).not.toEqual(right);
    const report = await store.checkCatalogues({ cursor: null, limit: 10 });
    expect(report).toMatchObject({ cursor: null, compared: 3 });
    expect(report.corrected).toBeGreaterThan(0);
    expect(await store.ordered?.page('jobs', ALL)).toEqual(right);
    expect((await store.checkCatalogues({ cursor: null, limit: 10 })).corrected).toBe(0);
  });

  it('is right for a key that a read has found to differ', async () => {
    const { world, store } = await openComplete();
    const version = await store.put('jobs/a.json', bodyOf('1'), ABSENT, '01 x');
    await world.bodies.put('jobs/a.json', bodyOf('2'), UNCONDITIONAL, '02 x');
    const port = world.shards[0]?.port;
    await port?.apply([{ do: 'doubt', key: 'jobs/a.json', found: version }]);
    expect(await pageOf(store)).toEqual(['jobs/a.json 01 x']);
    await port?.apply([{ do: 'doubt', key: 'jobs/a.json', found: null }]);
    expect(await pageOf(store)).toEqual(['jobs/a.json 02 x']);
  });

  it.each(Object.entries(WRONG))('is right after reads when it %s', async (_, statement) => {
    const { world, store } = await openComplete();
    for (const name of ['a', 'b', 'c']) {
      await world.bodies.put(`jobs/${name}.json`, bodyOf(name), ABSENT, `0${name.length} x`);
    }
    await store.ordered?.complete('jobs', Number.POSITIVE_INFINITY);
    const right = await store.ordered?.page('jobs', ALL);
    world.shards[0]?.sql.exec(statement);
    for (const name of ['a', 'b', 'c', 'z']) await store.get(`jobs/${name}.json`);
    // They go along with the next step.
    await store.head('leases/a.1.json');
    expect(await store.ordered?.page('jobs', ALL)).toEqual(right);
    expect((await store.ordered?.countGroups?.('jobs'))?.groups).toEqual(new Map([['x', 3]]));
    expect((await store.checkCatalogues({ cursor: null, limit: 10 })).corrected).toBe(0);
  });

  it('keeps what changes while it is compared', async () => {
    const { store } = await openComplete();
    for (const name of ['a', 'b', 'c', 'd']) {
      await store.put(`jobs/${name}.json`, bodyOf(name), ABSENT, '01 x');
    }
    let cursor: CheckCursor | null = null;
    let round = 0;
    do {
      ({ cursor } = await store.checkCatalogues({ cursor, limit: 1 }));
      round += 1;
      await store.put('jobs/a.json', bodyOf(`a${round}`), UNCONDITIONAL, `1${round} x`);
      await store.put('jobs/d.json', bodyOf(`d${round}`), UNCONDITIONAL, `2${round} x`);
    } while (cursor !== null);
    expect(await pageOf(store)).toEqual([
      'jobs/c.json 01 x',
      'jobs/b.json 01 x',
      'jobs/a.json 14 x',
      'jobs/d.json 24 x',
    ]);
  });
});

describe('a shard that lost its data', () => {
  it('is not asked for lists until it has found all jobs, a part at a time', async () => {
    const { world, store } = await openComplete(3);
    const names = Array.from({ length: 250 }, (_, index) => `job-${index}`);
    for (const name of names) await store.put(`jobs/${name}.json`, bodyOf(name), ABSENT, '01 x n');
    world.shards[1]?.lose();
    await expect(store.ordered?.page('jobs', ALL)).rejects.toThrow('has not found all objects yet');
    expect(await store.ordered?.isComplete('jobs')).toBe(false);
    expect(await collect(store.list('jobs/'))).toHaveLength(250);

    let cursor: CheckCursor | null = null;
    let parts = 0;
    do {
      const report: Awaited<ReturnType<ShardedStore['checkCatalogues']>> =
        await store.checkCatalogues({ cursor, limit: 40 });
      ({ cursor } = report);
      parts += 1;
      // It may lose its memory between two parts.
      world.shards[1]?.crash();
      expect(await world.open().ordered?.isComplete('jobs')).toBe(cursor === null);
    } while (cursor !== null);
    expect(parts).toBe(7);
    expect(await pageOf(store)).toHaveLength(250);
  });

  it('is complete at once where there are no jobs', async () => {
    const world = openShardWorld({ keys: KEYS });
    worlds.push(world);
    const store = world.open();
    expect(await store.ordered?.isComplete('jobs')).toBe(false);
    await store.checkCatalogues({ cursor: null, limit: 10 });
    expect(await store.ordered?.isComplete('jobs')).toBe(true);
  });
});

function never(): never {
  throw new Error('There is no version');
}
