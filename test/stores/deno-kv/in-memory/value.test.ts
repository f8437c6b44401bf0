import { describe, expect, it } from 'vitest';
import { LIKE_DENO, outcomeOf } from './both.ts';

const KEY = ['a'];
const SHARED = { a: 1 };

/** Values, and the longest text that fits into a value beside them: V8's own form says how many bytes each takes. */
const KEPT: readonly (readonly [string, unknown, number])[] = [
  ['null', null, 65_524],
  ['undefined', undefined, 65_524],
  ['true', true, 65_524],
  ['1', 1, 65_523],
  ['-1', -1, 65_523],
  ['2^30', 2 ** 30, 65_519],
  ['2^31 - 1', 2 ** 31 - 1, 65_519],
  ['-(2^31)', -(2 ** 31), 65_519],
  ['2^32', 2 ** 32, 65_516],
  ['0.5', 0.5, 65_516],
  ['-0', -0, 65_516],
  ['0n', 0n, 65_523],
  ['-1n', -1n, 65_515],
  ['2n ** 64n', 2n ** 64n, 65_507],
  ['Latin-1', 'é', 65_522],
  ['other text', '名', 65_521],
  ['other text at odd places', ['名', '名x', 'y名'], 65_504],
  ['half a surrogate pair', '\ud800', 65_521],
  ['a date', new Date(5), 65_516],
  ['a regular expression', /ab/gi, 65_519],
  ['a regular expression of other text', /名/u, 65_518],
  [
    'a map',
    new Map<unknown, unknown>([
      ['a', 1],
      ['b', 2],
    ]),
    65_512,
  ],
  ['a set', new Set([1, 'x']), 65_517],
  ['an array of nothing', [], 65_520],
  ['an array with a hole', Object.assign([1], { 2: 3 }), 65_512],
  ['an array with a name', Object.assign([1], { z: 1 }), 65_513],
  ['objects in objects', { a: { b: { c: 1 } } }, 65_505],
  ['numbers as names', { 1: 1, 2: 'x', a: 0 }, 65_508],
  ['a large number as a name', { 2147483647: 1 }, 65_514],
  ['the largest number as a name', { 4294967294: 1 }, 65_511],
  ['a number as a name that is too large', { 4294967295: 1 }, 65_508],
  ['a negative number as a name', { '-1': 1 }, 65_516],
  ['a buffer', new Uint8Array(5).buffer, 65_518],
  ['bytes', new Uint8Array(5), 65_513],
  ['numbers of 16 bits', new Uint16Array(3), 65_512],
  ['a part of a buffer, which is kept whole', new Uint16Array(300).subarray(200, 201), 64_916],
  ['a view of data', new DataView(new ArrayBuffer(200), 100, 50), 65_317],
  ['fractions', new Float64Array(2), 65_502],
  ['large integers', new BigInt64Array(2), 65_502],
  ['a number as an object', Object(3), 65_516],
  ['a text as an object', Object('abc'), 65_519],
  ['a boolean as an object', Object(false), 65_524],
  ['a bigint as an object', Object(5n), 65_515],
  ['an error', failure(new Error('boo'), 's'), 65_513],
  [
    'an error of a type, with a cause',
    failure(new TypeError('boo', { cause: 7 }), 'stack'),
    65_505,
  ],
  ['an error in other text', failure(new RangeError('名'), 'x'), 65_512],
];

class Point {
  readonly x = 1;
}

describe.each(LIKE_DENO)('a value of %s', (_, open) => {
  // V8 may change how it keeps an array at any time, and so how many bytes it takes: hence the retries.
  it.each(KEPT)(
    'is returned unchanged, and has its size: %s',
    { retry: 2 },
    async (__, value, longest) => {
      const kv = await open();
      const full = [value, 'x'.repeat(longest)];
      const taken = await outcomeOf(() => kv.set(KEY, full));
      const stored = await kv.get(KEY);
      const refused = await outcomeOf(() => kv.set(KEY, [value, 'x'.repeat(longest + 1)]));
      kv.close();
      expect([taken, refused]).toEqual(['taken', 'TypeError: Value too large (max 65536 bytes)']);
      // A copy: to compare an array changes how V8 keeps it, and so how many bytes it takes.
      expect(stored.value).toStrictEqual(structuredClone(full));
    },
  );

  it('that contains an object twice is returned with one object', async () => {
    const kv = await open();
    await kv.set(KEY, { left: SHARED, right: SHARED });
    const { value } = await kv.get(KEY);
    kv.close();
    const { left, right } = value as { readonly left: unknown; readonly right: unknown };
    expect(left).toEqual(SHARED);
    expect(right).toBe(left);
  });

  it('that contains itself is returned so', async () => {
    const kv = await open();
    const circle: { self?: unknown } = {};
    circle.self = circle;
    await kv.set(KEY, circle);
    const { value } = await kv.get(KEY);
    kv.close();
    expect(value).toHaveProperty('self', value);
  });

  it.each([
    ['of a class', new Point(), { x: 1 }],
    ['without a prototype', Object.assign(Object.create(null), { x: 1 }), { x: 1 }],
    [
      'with a getter',
      {
        get x() {
          return 1;
        },
      },
      { x: 1 },
    ],
    ['with a symbol', { x: 1, [Symbol('s')]: 2 }, { x: 1 }],
    ['that is frozen', Object.freeze({ x: 1 }), { x: 1 }],
  ])('that is an object %s comes back as a plain one', async (__, value, plain) => {
    const kv = await open();
    await kv.set(KEY, value);
    const stored = await kv.get(KEY);
    kv.close();
    expect(stored.value).toStrictEqual(plain);
  });

  it('that is bytes of some kind comes back as a plain array of its own', async () => {
    const kv = await open();
    class Kind extends Uint8Array {}
    await kv.set(['kind'], new Kind([1, 2]));
    await kv.set(['part'], new Uint8Array(100_000).subarray(5, 10));
    const [kind, part] = await kv.getMany([['kind'], ['part']]);
    kv.close();
    expect(kind?.value).toStrictEqual(new Uint8Array([1, 2]));
    expect(part?.value).toHaveProperty('buffer.byteLength', 5);
  });

  it.each([
    ['a symbol', Symbol('s')],
    ['a function', () => 1],
    ['a function in an object', { f: () => 1 }],
    ['a symbol in an array', [Symbol('s')]],
    ['a weak map', new WeakMap()],
    ['a promise', Promise.resolve(1)],
    ['a proxy', new Proxy({}, {})],
  ])('that is %s is refused at the call', async (__, value) => {
    const kv = await open();
    const outcomes = [
      await outcomeOf(() => kv.set(KEY, value)),
      await outcomeOf(() => kv.atomic().set(KEY, value)),
    ];
    kv.close();
    const words = expect.stringMatching(/^TypeError: .* could not be cloned\.$/s);
    expect(outcomes).toEqual([words, words]);
  });

  it('that is shared memory is refused', async () => {
    const kv = await open();
    const outcome = await outcomeOf(() => kv.set(KEY, new SharedArrayBuffer(2)));
    kv.close();
    expect(outcome).toBe('Error: #<SharedArrayBuffer> could not be cloned.');
  });

  it('whose getter throws is refused with what that threw', async () => {
    const kv = await open();
    const outcome = await outcomeOf(() =>
      kv.set(KEY, {
        get a() {
          throw new RangeError('out of range');
        },
      }),
    );
    kv.close();
    expect(outcome).toBe('RangeError: out of range');
  });

  it('is as it was at set(), but bytes and keys are as they are at commit()', async () => {
    const kv = await open();
    const [object, bytes, key] = [{ x: 1 }, new Uint8Array([1]), ['key']];
    const atomic = kv.atomic().set(['object'], object).set(['bytes'], bytes).set(key, 'moved');
    object.x = 2;
    bytes[0] = 2;
    key[0] = 'moved';
    const commit = atomic.commit();
    bytes[0] = 3;
    key[0] = 'late';
    await commit;
    const entries = await kv.getMany([['object'], ['bytes'], ['moved'], ['key'], ['late']]);
    kv.close();
    const values = [{ x: 1 }, new Uint8Array([2]), 'moved', null, null];
    expect(entries.map(({ value }) => value)).toEqual(values);
  });
});

/** With a stack that is the same on every runtime. */
function failure(error: Error, stack: string): Error {
  return Object.defineProperty(error, 'stack', { value: stack });
}
