import { describe, expect, it } from 'vitest';
import { createKvShim } from '../../lib/kv-shim.ts';
import type { KvKeyPart, KvLike } from '../../lib/stores/deno-kv/kv-like.ts';
import { seededRandom } from '../support/random.ts';
import { BOTH, valuesOf } from './both.ts';

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

  it('descend where that is asked for', async () => {
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

describe('the keys of the shim', () => {
  it('tell 0 and -0 apart, as those of Deno do', async () => {
    const kv = createKvShim();
    await kv.set(['k', 0], 'zero');
    await kv.set(['k', -0], 'below');
    expect(await valuesOf(kv.list({ prefix: ['k'] }))).toEqual(['below', 'zero']);
  });

  it('refuse a part that no key can have', async () => {
    const parts = [undefined, null, {}] as unknown as KvKeyPart[];
    for (const part of parts) {
      await expect(createKvShim().get(['k', part])).rejects.toThrow(TypeError);
    }
  });
});

async function fill(kv: KvLike): Promise<void> {
  const random = seededRandom();
  const shuffled = ORDER.map(index => ({ index, place: random.fraction() })).toSorted(
    (left, right) => left.place - right.place,
  );
  for (const { index } of shuffled) await kv.set(['k', PARTS[index] ?? ''], index);
}
