import { describe, expect, it } from 'vitest';
import type { KvKey, KvKeyPart, KvLike } from '../../../../lib/stores/deno-kv/kv-like.ts';
import { collect } from '../../../conformance/write.ts';
import { seededRandom } from '../../../support/random.ts';
import { BOTH, LIKE_DENO, outcomeOf, untyped, valuesOf } from './both.ts';

/** In the order of Deno KV. */
const PARTS: readonly KvKeyPart[] = [
  new Uint8Array(),
  new Uint8Array([0]),
  new Uint8Array([0, 1]),
  new Uint8Array([1]),
  new Uint8Array([255]),
  '',
  '\0',
  '\0a',
  'A',
  'a',
  'a\0',
  'a-',
  'aa',
  'a~',
  'b',
  'é',
  '\uffff',
  '😀',
  -(2n ** 80n),
  -(2n ** 64n),
  -(2n ** 64n) + 1n,
  -256n,
  -255n,
  -1n,
  0n,
  1n,
  255n,
  256n,
  2n ** 64n - 1n,
  2n ** 64n,
  2n ** 80n,
  -Infinity,
  -100,
  -1,
  -0.5,
  0,
  5e-324,
  0.5,
  1,
  100,
  Infinity,
  NaN,
  false,
  true,
];

const ORDER = PARTS.map((_, index) => index);

describe.each(BOTH)('the keys of %s', (_, open) => {
  it('ascend by type, and within a type by value', async () => {
    const kv = await open();
    await fill(kv);
    const order = await valuesOf(kv.list({ prefix: ['k'] }));
    kv.close();
    expect(order).toEqual(ORDER);
  });

  it('descend when reversed', async () => {
    const kv = await open();
    await fill(kv);
    const order = await valuesOf(kv.list({ prefix: ['k'] }, { reverse: true, batchSize: 7 }));
    kv.close();
    expect(order).toEqual(ORDER.toReversed());
  });

  it('come back as they were given', async () => {
    const kv = await open();
    await fill(kv);
    const parts: unknown[] = [];
    for await (const { key } of kv.list({ prefix: ['k'] })) parts.push(key[1]);
    kv.close();
    expect(parts).toEqual(PARTS);
  });

  it('are below a shorter key and above nothing of a longer one', async () => {
    const kv = await open();
    for (const key of [['a', 'b', 'c'], ['a', 'b'], ['a'], ['ab'], ['a', 'c']]) {
      await kv.set(key, key.join('/'));
    }
    const below = await valuesOf(kv.list({ prefix: ['a'] }));
    kv.close();
    expect(below).toEqual(['a/b', 'a/b/c', 'a/c']);
  });
});

describe.each(LIKE_DENO)('a part of a key of %s', (_, open) => {
  it('is another one for 0 than for -0', async () => {
    const kv = await open();
    await kv.set(['k', 0], 'zero');
    await kv.set(['k', -0], 'below');
    const keys: unknown[] = [];
    for await (const { key, value } of kv.list({ prefix: ['k'] })) keys.push([value, key[1]]);
    kv.close();
    expect(keys).toEqual([
      ['below', -0],
      ['zero', 0],
    ]);
  });

  it.each([
    ['a view of 16 bits', new Uint16Array([1, 2]), new Uint8Array([1, 0, 2, 0])],
    ['a view of data', new DataView(new Uint8Array([7, 8]).buffer), new Uint8Array([7, 8])],
    ['a part of a buffer', new Uint8Array([1, 2, 3]).subarray(1), new Uint8Array([2, 3])],
    ['half a surrogate pair', 'a\ud800b', 'a\ufffdb'],
    ['the largest bigint', 2n ** 2_040n - 1n, 2n ** 2_040n - 1n],
    ['the smallest bigint', 1n - 2n ** 2_040n, 1n - 2n ** 2_040n],
    ['NaN', Number.NaN, Number.NaN],
    ['a byte order mark', '\ufeffa', '\ufeffa'],
    ['many bytes', new Uint8Array(2_000).fill(1), new Uint8Array(2_000).fill(1)],
  ])('comes back in its plain form: %s', async (__, part, plain) => {
    const kv = await open();
    await kv.set(['k', untyped(part)], 'value');
    const [entry] = await collect(kv.list({ prefix: ['k'] }));
    const same = await kv.get(['k', untyped(plain)]);
    kv.close();
    expect([entry?.key, same.key, same.value]).toStrictEqual([['k', plain], ['k', plain], 'value']);
  });

  it.each([
    undefined,
    null,
    {},
    [],
    Symbol('s'),
    () => 1,
    new Date(0),
    new ArrayBuffer(1),
    Object('x'),
  ])('is refused where no key can have it: %o', async part => {
    const kv = await open();
    const key: KvKey = ['k', untyped(part)];
    const outcomes = [
      await outcomeOf(() => kv.get(key)),
      await outcomeOf(() => kv.getMany([key])),
      await outcomeOf(() => kv.set(key, 1)),
      await outcomeOf(() => kv.delete(key)),
      await outcomeOf(() => kv.atomic().check({ key, versionstamp: null }).commit()),
    ];
    kv.close();
    const words = 'TypeError: expected string, number, bigint, ArrayBufferView, boolean';
    expect(outcomes).toEqual(outcomes.map(() => words));
  });

  it('is refused when it is missing', async () => {
    const kv = await open();
    const key: KvKey = Object.assign(['k'], { 2: 'a' });
    const outcome = await outcomeOf(() => kv.set(key, 1));
    kv.close();
    expect(outcome).toMatch(/^TypeError: /);
  });

  it('is a new array for every reader', async () => {
    const kv = await open();
    const bytes = new Uint8Array([1]);
    await kv.set([bytes], 'value');
    bytes[0] = 2;
    const [first] = await collect(kv.list({ prefix: [] }));
    if (first?.key[0] instanceof Uint8Array) first.key[0].fill(9);
    const [second] = await collect(kv.list({ prefix: [] }));
    kv.close();
    expect(second?.key).toEqual([new Uint8Array([1])]);
  });

  it('of a key that is not stored is that of the caller', async () => {
    const kv = await open();
    const keys = [[], ['none']] as const;
    const [single, many] = [await kv.get(keys[0]), await kv.getMany(keys)];
    kv.close();
    const absent = (key: KvKey) => ({ key, value: null, versionstamp: null });
    expect([single, ...many]).toEqual([absent([]), absent([]), absent(['none'])]);
    expect(many[1]?.key).toBe(keys[1]);
  });
});

async function fill(kv: KvLike): Promise<void> {
  const random = seededRandom();
  const shuffled = ORDER.map(index => ({ index, place: random.fraction() })).toSorted(
    (left, right) => left.place - right.place,
  );
  for (const { index } of shuffled) await kv.set(['k', PARTS[index] ?? ''], index);
}
