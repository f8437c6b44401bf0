import { describe, expect, it } from 'vitest';
import { fill, LIKE_DENO, outcomeOf, untyped, valuesOf } from './both.ts';

const UNCLEAR = "TypeError: Selector must specify either 'prefix' or both 'start' and 'end' key";
const OVERDONE =
  "TypeError: Selector can not specify both 'start' and 'end' key when specifying 'prefix'";
const BAD_PART = 'TypeError: expected string, number, bigint, ArrayBufferView, boolean';
const longKey = (bytes: number) => ['x'.repeat(bytes - 2)];

/** Selectors that list() itself refuses. */
const REFUSED: readonly (readonly [unknown, string])[] = [
  [{}, UNCLEAR],
  [{ prefix: undefined }, UNCLEAR],
  [{ start: ['k'] }, UNCLEAR],
  [{ end: ['k'] }, UNCLEAR],
  [{ start: ['k'], end: undefined }, UNCLEAR],
  [Object.create({ prefix: ['k'] }), UNCLEAR],
  [{ prefix: ['k'], start: ['k', 1], end: ['k', 2] }, OVERDONE],
];

/** Selectors that are refused when the first entry is asked for. */
const REFUSED_LATE: readonly (readonly [unknown, string])[] = [
  [
    { prefix: ['k'], start: ['k'] },
    'TypeError: Start key is not in the keyspace defined by prefix',
  ],
  [
    { prefix: ['k'], start: ['j'] },
    'TypeError: Start key is not in the keyspace defined by prefix',
  ],
  [{ prefix: ['k'], start: [] }, 'TypeError: Start key is not in the keyspace defined by prefix'],
  [{ prefix: ['k'], end: ['k'] }, 'TypeError: End key is not in the keyspace defined by prefix'],
  [{ prefix: ['k'], end: ['l'] }, 'TypeError: End key is not in the keyspace defined by prefix'],
  [{ start: ['l'], end: ['k'] }, 'TypeError: Start key is greater than end key'],
  [{ prefix: ['k', null] }, BAD_PART],
  [{ prefix: [{}] }, BAD_PART],
  [{ start: ['k', undefined], end: ['l'] }, BAD_PART],
  [{ prefix: longKey(2_049) }, 'TypeError: Key too large for read (max 2049 bytes)'],
  [{ start: longKey(2_050), end: ['z'] }, 'TypeError: Key too large for read (max 2049 bytes)'],
  [{ start: ['a'], end: longKey(2_050) }, 'TypeError: Key too large for read (max 2049 bytes)'],
];

const TAKEN: readonly (readonly [unknown, readonly number[]])[] = [
  [{ prefix: [] }, [0, 1, 2, 3]],
  [{ prefix: ['k'], start: undefined, end: ['k', 2] }, [0, 1]],
  [{ prefix: ['k'], start: ['k', 2], end: undefined }, [2, 3]],
  [{ prefix: undefined, start: ['k', 1], end: ['k', 3] }, [1, 2]],
  [{ start: [], end: ['z'] }, [0, 1, 2, 3]],
  [{ start: [], end: [] }, []],
  [{ start: ['k', 1], end: ['k', 1] }, []],
  [{ prefix: longKey(2_048) }, []],
  [{ start: longKey(2_049), end: ['z'] }, []],
  [{ start: ['a'], end: longKey(2_049) }, [0, 1, 2, 3]],
];

const COUNT_FAULTS = [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '2', true, 2n];

describe.each(LIKE_DENO)('list() of %s', (_, open) => {
  it.each(REFUSED)('immediately refuses the selector %o', async (selector, words) => {
    const kv = await open();
    const outcome = await outcomeOf(() => kv.list(untyped(selector)));
    kv.close();
    expect(outcome).toBe(words);
  });

  it.each([null, undefined, { prefix: null }, { start: null, end: null }])(
    'immediately refuses what is not a selector: %o',
    async selector => {
      const kv = await open();
      const outcome = await outcomeOf(() => kv.list(untyped(selector)));
      kv.close();
      expect(outcome).toMatch(/^TypeError: /);
    },
  );

  it.each(REFUSED_LATE)('refuses %o at the first entry', async (selector, words) => {
    const kv = await open();
    const unread = await outcomeOf(() => kv.list(untyped(selector)));
    const read = await outcomeOf(() => kv.list(untyped(selector)).next());
    kv.close();
    expect([unread, read]).toEqual(['taken', words]);
  });

  it.each(TAKEN)('takes %o', async (selector, numbers) => {
    const kv = await open();
    await fill(kv, 4);
    const values = await valuesOf(kv.list(untyped(selector)));
    kv.close();
    expect(values).toEqual(numbers);
  });

  it.each([...COUNT_FAULTS, null])('immediately refuses the limit %o', async limit => {
    const kv = await open();
    const outcome = await outcomeOf(() => kv.list({ prefix: [] }, untyped({ limit })));
    kv.close();
    expect(outcome).toBe(`Error: Limit must be a positive integer: received ${limit}`);
  });

  it.each(COUNT_FAULTS)('immediately refuses the batchSize %o', async batchSize => {
    const kv = await open();
    const outcome = await outcomeOf(() => kv.list({ prefix: [] }, untyped({ batchSize })));
    kv.close();
    expect(outcome).toBe(`Error: batchSize must be a positive integer: received ${batchSize}`);
  });

  it.each([
    [{ limit: 1 }, 1],
    [{ limit: 1_001 }, 3],
    [{ limit: 2 ** 53 }, 3],
    [{ batchSize: 1 }, 3],
    [{ batchSize: 1_000 }, 3],
    [{ batchSize: null }, 3],
    [{ limit: undefined, batchSize: undefined }, 3],
  ])('takes the options %o', async (options, count) => {
    const kv = await open();
    await fill(kv, 3);
    const values = await valuesOf(kv.list({ prefix: [] }, untyped(options)));
    kv.close();
    expect(values).toHaveLength(count);
  });

  it.each([1_001, 2 ** 32, 2 ** 53])(
    'refuses a batchSize of %i at the first entry',
    async batchSize => {
      const kv = await open();
      const listing = kv.list({ prefix: [] }, { batchSize });
      const outcome = await outcomeOf(() => listing.next());
      kv.close();
      expect(outcome).toBe('TypeError: Too many entries (max 1000)');
    },
  );
});
