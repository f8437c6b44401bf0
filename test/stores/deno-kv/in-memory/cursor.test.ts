import { describe, expect, it } from 'vitest';
import type { ListOptions, ShimKv } from '../../../../lib/stores/deno-kv/in-memory/shim-kv.ts';
import type { KvSelector } from '../../../../lib/stores/deno-kv/kv-like.ts';
import { fill, LIKE_DENO, outcomeOf, untyped, valuesOf } from './both.ts';

const ALL: KvSelector = { prefix: ['k'] };
const INVALID = 'TypeError: invalid cursor';
const BEYOND = 'TypeError: cursor out of bounds';
const TOO_LONG = 'TypeError: Key too large for read (max 2049 bytes)';
/** Of the entries 0 and 3 below the prefix `k`. */
const AT_0 = 'IYAAAAAAAAAA';
const AT_3 = 'IcAIAAAAAAAA';
const PAST_ALL = '____';
const BEFORE_ALL = 'AA==';

/** Texts that are not cursors. */
const NONE = [
  '%%%',
  'IQ',
  'I',
  'IQ=',
  '====',
  'I Q==',
  ' IQ==',
  'IQ==\n',
  ' ',
  'AB==',
  'IR==',
  'AAA',
  '+/+/',
  'ünï',
];

/** A cursor used with another selector, and what is listed after it: forwards and backwards. */
const FOREIGN: readonly (readonly [string, KvSelector, string, unknown, unknown])[] = [
  ['of another prefix', { prefix: ['j'] }, AT_3, [14], [12, 11, 10]],
  ['before all', ALL, BEFORE_ALL, [0, 1, 2, 3, 4], []],
  ['past all', ALL, PAST_ALL, [], [4, 3, 2, 1, 0]],
  ['before the start', { prefix: ['k'], start: ['k', 2] }, AT_0, BEYOND, []],
  ['at the start', { prefix: ['k'], start: ['k', 3] }, AT_3, [4], []],
  ['behind the end', { prefix: ['k'], end: ['k', 2] }, AT_3, [], BEYOND],
  ['at the end', { prefix: ['k'], end: ['k', 3] }, AT_3, [], [2, 1, 0]],
  ['before a range', { start: ['k', 1], end: ['k', 3] }, BEFORE_ALL, BEYOND, []],
  ['past a range', { start: ['k', 1], end: ['k', 3] }, PAST_ALL, [], BEYOND],
];

describe.each(LIKE_DENO)('a cursor of %s', (_, open) => {
  it.each<readonly [string, KvSelector, readonly string[]]>([
    ['a prefix', ALL, [AT_0, 'Ib_wAAAAAAAA', 'IcAAAAAAAAAA', AT_3]],
    ['a start', { prefix: ['k'], start: ['k', 2] }, ['IcAAAAAAAAAA', AT_3]],
    [
      'a range',
      { start: ['k', 1], end: ['k', 4] },
      ['v_AAAAAAAAA=', 'wAAAAAAAAAA=', 'wAgAAAAAAAA='],
    ],
    ['a range of no common start', { start: ['a'], end: ['k', 1] }, ['awAhgAAAAAAAAAA=']],
  ])('is the rest of the key, in base64 for URLs, below %s', async (__, selector, cursors) => {
    const kv = await open();
    await fill(kv, 4);
    const listing = kv.list(selector);
    const found: string[] = [];
    for await (const entry of listing) found.push(entry.key.length > 0 ? listing.cursor : '');
    kv.close();
    expect(found).toEqual(cursors);
  });

  it('exists before the first entry only when one was given', async () => {
    const kv = await open();
    const given = kv.list(ALL, { cursor: AT_3 }).cursor;
    const outcomes = [{}, { cursor: '' }].map(options =>
      outcomeOf(() => kv.list(ALL, options).cursor),
    );
    expect([given, ...(await Promise.all(outcomes))]).toEqual([
      AT_3,
      'Error: Cannot get cursor before first iteration',
      'Error: Cannot get cursor before first iteration',
    ]);
    kv.close();
  });

  it('is empty at the end of a listing, and stays where a limit ended it', async () => {
    const kv = await open();
    await fill(kv, 2);
    const whole = kv.list(ALL);
    const limited = kv.list(ALL, { limit: 1 });
    const none = kv.list({ prefix: ['none'] });
    for (const listing of [whole, limited, none]) await valuesOf(listing);
    kv.close();
    expect([whole.cursor, limited.cursor, none.cursor]).toEqual(['', AT_0, '']);
  });

  it.each([[''], [null], [undefined]])('that is %o is ignored', async cursor => {
    const kv = await open();
    await fill(kv, 2);
    const values = await valuesOf(kv.list(ALL, untyped({ cursor })));
    kv.close();
    expect(values).toEqual([0, 1]);
  });

  it.each(NONE)('is refused at the first entry when it is the text "%s"', async cursor => {
    const kv = await open();
    await fill(kv, 2);
    const outcomes = await bothWays(kv, ALL, { cursor });
    const unread = await outcomeOf(() => kv.list(ALL, { cursor }));
    kv.close();
    expect([...outcomes, unread]).toEqual([INVALID, INVALID, 'taken']);
  });

  it.each([1, true, {}, [], '名'])('is refused when it is no text of bytes: %o', async cursor => {
    const kv = await open();
    const [outcome] = await bothWays(kv, ALL, untyped({ cursor }));
    kv.close();
    expect(outcome).toMatch(/^TypeError: /);
  });

  it.each(FOREIGN)('%s continues at its position', async (__, selector, cursor, forth, back) => {
    const kv = await open();
    await fill(kv, 5);
    for (let number = 0; number < 5; number += 1) await kv.set(['j', number], 10 + number);
    const found = await bothWays(kv, selector, { cursor });
    kv.close();
    expect(found).toEqual([forth, back]);
  });

  it.each([
    [2_045, [], [0]],
    [2_046, TOO_LONG, [0]],
    [2_047, TOO_LONG, TOO_LONG],
  ])('of %i bytes counts as a key that is read', async (bytes, forth, back) => {
    const kv = await open();
    await fill(kv, 1);
    const found = await bothWays(kv, ALL, { cursor: btoa('x'.repeat(bytes)) });
    kv.close();
    expect(found).toEqual([forth, back]);
  });
});

/** What is listed from there, forwards and backwards, or the error. */
async function bothWays(kv: ShimKv, selector: KvSelector, options: ListOptions) {
  const found: unknown[] = [];
  for (const reverse of [false, true]) {
    let values: unknown[] = [];
    const outcome = await outcomeOf(async () => {
      values = await valuesOf(kv.list(selector, { ...options, reverse }));
    });
    found.push(outcome === 'taken' ? values : outcome);
  }
  return found;
}
