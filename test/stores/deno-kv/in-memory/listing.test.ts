import { describe, expect, it } from 'vitest';
import type {
  ListOptions,
  ShimKv,
  ShimListing,
} from '../../../../lib/stores/deno-kv/in-memory/shim-kv.ts';
import type { KvLike, KvSelector } from '../../../../lib/stores/deno-kv/kv-like.ts';
import { BOTH, fill, LIKE_DENO, outcomeOf, untyped, valuesOf } from './both.ts';

const ALL: KvSelector = { prefix: ['k'] };
const DONE = { done: true, value: undefined };

/** What the caller changes after the first entry, how it reads on, and what it still sees. */
const CHANGES: readonly (readonly [string, ListOptions, readonly unknown[]])[] = [
  ['the one batch that it began', {}, [1, 2, 3, 4]],
  ['the batch of its limit', { limit: 3 }, [1, 2]],
  ['the batch of its limit, backwards', { limit: 3, reverse: true }, [3, 2]],
  ['batches of one', { batchSize: 1 }, ['new', 2.5, 3, 4]],
  ['batches of two', { batchSize: 2 }, [1, 'new', 2.5, 3, 4]],
  ['batches of two, backwards', { batchSize: 2, reverse: true }, [3, 2.5, 'new', 0]],
  ['batches of two up to a limit', { batchSize: 2, limit: 4 }, [1, 'new', 2.5]],
];

describe.each(BOTH)('a listing of %s', (_, open) => {
  it.each(CHANGES)('sees changes after %s', async (__, options, seen) => {
    const kv = await open();
    await fill(kv, 5);
    const rest: unknown[] = [];
    let entries = 0;
    for await (const { value } of kv.list(ALL, options)) {
      entries += 1;
      if (entries === 1) await change(kv);
      else rest.push(value);
    }
    kv.close();
    expect(rest).toEqual(seen);
  });

  it('reads nothing before it is asked for its first entry', async () => {
    const kv = await open();
    const listing = kv.list(ALL);
    await fill(kv, 2);
    const values = await valuesOf(listing);
    kv.close();
    expect(values).toEqual([0, 1]);
  });
});

describe.each(LIKE_DENO)('a listing of %s', (_, open) => {
  it.each([
    ['batches of 100', {}, ['behind', 'far behind']],
    ['batches of 500 for a larger limit', { limit: 700 }, ['far behind']],
    ['one batch of a smaller limit', { limit: 499 }, []],
    ['batches of 1,000 when requested', { batchSize: 1_000 }, []],
  ])('reads %s', async (__, options, added) => {
    const kv = await open();
    await fill(kv, 600);
    const listing = kv.list(ALL, options);
    await listing.next();
    await kv.set(['k', 98.5], 'in the first 100');
    await kv.set(['k', 99.5], 'behind');
    await kv.set(['k', 550.5], 'far behind');
    const texts = (await valuesOf(listing)).filter(value => typeof value === 'string');
    kv.close();
    expect(texts).toEqual(added);
  });

  it('continues in a second loop where the first one stopped', async () => {
    const kv = await open();
    await fill(kv, 4);
    const listing = kv.list(ALL);
    const first: unknown[] = [];
    for await (const { value } of listing) if (first.push(value) === 2) break;
    const second = await valuesOf(listing);
    const third = await valuesOf(listing);
    kv.close();
    expect([first, second, third]).toEqual([[0, 1], [2, 3], []]);
  });

  it('stays at its end when entries are added after it', async () => {
    const kv = await open();
    await fill(kv, 1);
    const listing = kv.list(ALL);
    await listing.next();
    await kv.set(['k', 5], 5);
    const ends = [await listing.next(), await listing.next()];
    kv.close();
    expect(ends).toEqual([DONE, DONE]);
  });

  it('reads once more after a full batch', async () => {
    const kv = await open();
    await fill(kv, 2);
    const listing = kv.list(ALL, { batchSize: 2 });
    await listing.next();
    await listing.next();
    await kv.set(['k', 5], 5);
    const rest = await valuesOf(listing);
    kv.close();
    expect(rest).toEqual([5]);
  });

  it('gives concurrent callers an entry of their own batch each', async () => {
    const kv = await open();
    await fill(kv, 3);
    const listing = kv.list(ALL);
    const results = await Promise.all([listing.next(), listing.next()]);
    kv.close();
    expect(results.map(({ value }) => value?.value)).toEqual([0, 0]);
  });

  it('keeps what it was asked when the caller changes it afterwards', async () => {
    const kv = await open();
    await fill(kv, 4);
    const prefix = ['k'];
    const options = { limit: 2, reverse: false };
    const listing = kv.list({ prefix }, options);
    prefix[0] = 'other';
    Object.assign(options, { limit: 4, reverse: true });
    const values = await valuesOf(listing);
    kv.close();
    expect(values).toEqual([0, 1]);
  });

  it('gives the batch that it has when the KV is closed, and then rejects', async () => {
    const kv = await open();
    await fill(kv, 3);
    const listing = kv.list(ALL, { batchSize: 2 });
    const first = await listing.next();
    kv.close();
    const second = await listing.next();
    expect([first.value?.value, second.value?.value]).toEqual([0, 1]);
    expect(await outcomeOf(() => listing.next())).toBe('BadResource: Bad resource ID');
  });

  it.each([true, 1, 'yes', {}, 'false', 0, null, undefined])(
    'is reversed only for true: %o',
    async reverse => {
      const kv = await open();
      await fill(kv, 2);
      const values = await valuesOf(kv.list(ALL, untyped({ reverse })));
      kv.close();
      expect(values).toEqual(reverse === true ? [1, 0] : [0, 1]);
    },
  );

  it.each(['strong', 'eventual', null, undefined])(
    'and every read take the consistency %o',
    async consistency => {
      const outcomes = await readWith(await open(), consistency);
      expect(outcomes).toEqual(['taken', 'taken', 'taken']);
    },
  );

  it.each(['weak', '', 'STRONG', 1, true, {}])(
    'and every read refuse the consistency %o',
    async consistency => {
      const outcomes = await readWith(await open(), consistency);
      expect(outcomes.map(outcome => outcome.split(':', 1)[0])).toEqual(
        Array.from({ length: 3 }, () => 'TypeError'),
      );
    },
  );
});

async function change(kv: KvLike): Promise<void> {
  await kv.delete(['k', 1]);
  await kv.set(['k', 2], 'new');
  await kv.set(['k', 2.5], 2.5);
}

async function readWith(kv: ShimKv, level: unknown): Promise<string[]> {
  const options: { consistency: 'strong' } = untyped({ consistency: level });
  const listing: ShimListing = kv.list(ALL, options);
  const outcomes = [
    await outcomeOf(() => listing.next()),
    await outcomeOf(() => kv.get(['k'], options)),
    await outcomeOf(() => kv.getMany([['k']], options)),
  ];
  kv.close();
  return outcomes;
}
