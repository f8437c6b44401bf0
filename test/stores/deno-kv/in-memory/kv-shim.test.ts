import { describe, expect, it } from 'vitest';
import type { KvLike, KvSelector } from '../../../../lib/stores/deno-kv/kv-like.ts';
import { BOTH, valuesOf } from './both.ts';

const SELECTORS: readonly (readonly [string, KvSelector, readonly number[]])[] = [
  ['all', { prefix: [] }, [0, 1, 2, 3, 4, 5]],
  ['a prefix', { prefix: ['k'] }, [0, 1, 2, 3, 4]],
  ['a prefix without keys', { prefix: ['none'] }, []],
  ['a start that is stored', { prefix: ['k'], start: ['k', 2] }, [2, 3, 4]],
  ['a start that is not', { prefix: ['k'], start: ['k', 1.5] }, [2, 3, 4]],
  ['an end', { prefix: ['k'], end: ['k', 2] }, [0, 1]],
  ['a range', { start: ['k', 1], end: ['k', 3] }, [1, 2]],
  ['a range of nothing', { start: ['k', 1], end: ['k', 1] }, []],
];

describe.each(BOTH)('%s', (_, open) => {
  it('get() gives what was set, and null for what was not', async () => {
    const kv = await open();
    const { versionstamp } = await kv.set(['a'], { text: 'ü', list: [1, null, true] });
    const entries = [await kv.get(['a']), await kv.get(['b'])];
    kv.close();
    expect(entries).toEqual([
      { key: ['a'], value: { text: 'ü', list: [1, null, true] }, versionstamp },
      { key: ['b'], value: null, versionstamp: null },
    ]);
  });

  it('getMany() gives an entry for each key, in their order', async () => {
    const kv = await open();
    await kv.set(['a'], 1);
    await kv.set(['c'], 3);
    const entries = await kv.getMany([['c'], ['b'], ['a'], ['c']]);
    const none = await kv.getMany([]);
    kv.close();
    expect(entries.map(({ value }) => value)).toEqual([3, null, 1, 3]);
    expect(none).toEqual([]);
  });

  it('set() stores what it was given when the caller changes it afterwards', async () => {
    const kv = await open();
    const bytes = new Uint8Array([1, 2, 3]);
    const list = ['one'];
    await kv.set(['bytes'], bytes);
    await kv.set(['list'], list);
    bytes.fill(0);
    list.push('two');
    const entries = await kv.getMany([['bytes'], ['list']]);
    kv.close();
    expect(entries.map(({ value }) => Array.from(value as Iterable<unknown>))).toEqual([
      [1, 2, 3],
      ['one'],
    ]);
  });

  it('get() gives each reader its own value', async () => {
    const kv = await open();
    await kv.set(['a'], new Uint8Array([1, 2, 3]));
    const first = await kv.get(['a']);
    (first.value as Uint8Array).fill(0);
    const second = await kv.get(['a']);
    kv.close();
    expect([...(second.value as Uint8Array)]).toEqual([1, 2, 3]);
  });

  it('versionstamps have 20 hexadecimal digits and grow with every commit', async () => {
    const kv = await open();
    const stamps: string[] = [];
    for (let round = 0; round < 300; round += 1) {
      stamps.push((await kv.set(['a', round % 2], round)).versionstamp);
      await kv.delete(['a', round % 2]);
    }
    kv.close();
    expect(stamps.filter(stamp => !/^[0-9a-f]{20}$/.test(stamp))).toEqual([]);
    expect(new Set(stamps).size).toBe(300);
    expect(stamps.toSorted()).toEqual(stamps);
  });

  it('commit() does all mutations in their order, under one versionstamp', async () => {
    const kv = await open();
    await kv.set(['c'], 'old');
    const outcome = await kv
      .atomic()
      .set(['a'], 1)
      .set(['b'], 2)
      .delete(['a'])
      .set(['b'], 3)
      .delete(['c'])
      .commit();
    const entries = await kv.getMany([['a'], ['b'], ['c']]);
    kv.close();
    expect(entries.map(({ value }) => value)).toEqual([null, 3, null]);
    expect(outcome).toEqual({ ok: true, versionstamp: entries[1]?.versionstamp });
  });

  it('commit() changes nothing when one of its checks does not hold', async () => {
    const kv = await open();
    const { versionstamp } = await kv.set(['a'], 1);
    const outcome = await kv
      .atomic()
      .check({ key: ['a'], versionstamp })
      .check({ key: ['b'], versionstamp })
      .set(['a'], 2)
      .commit();
    const { value } = await kv.get(['a']);
    kv.close();
    expect([outcome, value]).toEqual([{ ok: false }, 1]);
  });

  it('commit() has one winner among 50 that check the same', async () => {
    const kv = await open();
    const { versionstamp } = await kv.set(['a'], 'start');
    const racers = Array.from({ length: 50 }, (__, racer) =>
      kv
        .atomic()
        .check({ key: ['a'], versionstamp })
        .set(['a'], racer)
        .commit(),
    );
    const outcomes = await Promise.all(racers);
    kv.close();
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
  });

  it.each(SELECTORS)('list() gives %s', async (__, selector, numbers) => {
    const kv = await filled(open);
    const forth = await valuesOf(kv.list(selector));
    const back = await valuesOf(kv.list(selector, { reverse: true, batchSize: 2 }));
    const two = await valuesOf(kv.list(selector, { limit: 2 }));
    kv.close();
    expect(forth).toEqual(numbers);
    expect(back).toEqual(numbers.toReversed());
    expect(two).toEqual(numbers.slice(0, 2));
  });

  it('list() continues at a cursor, forwards and backwards', async () => {
    const kv = await filled(open);
    const forth = await inPairs(kv, { reverse: false });
    const back = await inPairs(kv, { reverse: true });
    kv.close();
    expect(forth).toEqual([[0, 1], [2, 3], [4]]);
    expect(back).toEqual([[4, 3], [2, 1], [0]]);
  });

  it('list() has no cursor before its first entry, and refuses an invalid one', async () => {
    const kv = await filled(open);
    expect(() => kv.list({ prefix: ['k'] }).cursor).toThrow('before first iteration');
    const listing = async () => valuesOf(kv.list({ prefix: ['k'] }, { cursor: '%%%' }));
    await expect(listing()).rejects.toThrow(/invalid cursor/i);
    kv.close();
  });
});

async function filled(open: () => Promise<KvLike>): Promise<KvLike> {
  const kv = await open();
  await kv.set(['l'], 5);
  for (const number of [3, 0, 4, 1, 2]) await kv.set(['k', number], number);
  return kv;
}

/** All entries below `k`, two at a time. */
async function inPairs(kv: KvLike, { reverse }: { reverse: boolean }): Promise<unknown[][]> {
  const pairs: unknown[][] = [];
  let cursor: string | null = null;
  for (let page = 0; page < 3; page += 1) {
    const behind: { cursor?: string } = cursor === null ? {} : { cursor };
    const listing = kv.list({ prefix: ['k'] }, { limit: 2, reverse, ...behind });
    pairs.push(await valuesOf(listing));
    cursor = listing.cursor;
  }
  return pairs;
}
