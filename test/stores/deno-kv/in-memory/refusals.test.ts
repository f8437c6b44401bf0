import { describe, expect, it } from 'vitest';
import type { KvKey } from '../../../../lib/stores/deno-kv/kv-like.ts';
import { BOTH, LIKE_DENO, outcomeOf, untyped } from './both.ts';
import { type Call, checked } from './kv-calls.ts';

describe.each(BOTH)('%s', (_, open) => {
  it('refuses every call once it is closed', async () => {
    const kv = await open();
    kv.close();
    const calls: readonly Call[] = [
      () => kv.get(['a']),
      () => kv.getMany([['a']]),
      () => kv.set(['a'], 1),
      () => kv.delete(['a']),
      () => kv.list({ prefix: [] })[Symbol.asyncIterator]().next(),
      () => kv.atomic().set(['a'], 1).commit(),
      () => kv.close(),
    ];
    const outcomes = await Promise.all(calls.map(call => outcomeOf(() => call(kv))));
    expect(outcomes.filter(outcome => outcome === 'taken')).toEqual([]);
  });
});

describe.each(LIKE_DENO)('%s', (_, open) => {
  it('says that it is closed, of every call but list() and atomic()', async () => {
    const kv = await open();
    kv.close();
    const calls: readonly Call[] = [
      () => kv.get([]),
      () => kv.getMany(Array.from({ length: 11 }, () => ['a'])),
      () => kv.set(['a'], 1),
      () => kv.delete(['a']),
      () => kv.list({ prefix: [] }).next(),
      () => kv.atomic().commit(),
      () => kv.close(),
    ];
    const outcomes = await Promise.all(calls.map(call => outcomeOf(() => call(kv))));
    expect(outcomes).toEqual(calls.map(() => 'BadResource: Bad resource ID'));
    expect(await outcomeOf(() => kv.list({ prefix: [] }))).toBe('taken');
    expect(await outcomeOf(() => void kv.atomic().set(['a'], 1))).toBe('taken');
  });

  it.each([null, undefined, 'ab', 5, {}])('refuses a key that is not an array: %o', async none => {
    const kv = await open();
    const bad: KvKey = untyped(none);
    const calls: readonly Call[] = [
      () => kv.get(bad),
      () => kv.getMany([bad]),
      () => kv.set(bad, 1),
      () => kv.delete(bad),
      () => checked(kv, bad).commit(),
    ];
    const outcomes = await Promise.all(calls.map(call => outcomeOf(() => call(kv))));
    kv.close();
    expect(outcomes).toEqual(calls.map(() => expect.stringMatching(/^TypeError: /)));
  });
});
