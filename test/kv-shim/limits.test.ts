import { describe, expect, it } from 'vitest';
import { createKvShim } from '../../lib/kv-shim.ts';
import type { KvKey, KvLike } from '../../lib/stores/deno-kv/kv-like.ts';
import { BOTH, outcomeOf } from './both.ts';

type Call = (kv: KvLike) => unknown;

/** Each limit from both sides: what is taken, what is refused, and how Deno words it. */
const LIMITS: readonly (readonly [string, Call, Call, string])[] = [
  [
    'a value of bytes',
    setting(new Uint8Array(65_536)),
    setting(new Uint8Array(65_537)),
    'Value too large',
  ],
  ['a value of text', setting('x'.repeat(65_530)), setting('x'.repeat(65_531)), 'Value too large'],
  [
    'a value of Latin-1',
    setting('é'.repeat(65_530)),
    setting('é'.repeat(65_531)),
    'Value too large',
  ],
  [
    'a value of other text',
    setting('名'.repeat(32_765)),
    setting('名'.repeat(32_766)),
    'Value too large',
  ],
  ['a list of integers', setting(filled(32_762, 1)), setting(filled(32_763, 1)), 'Value too large'],
  [
    'a list of fractions',
    setting(filled(7_280, 0.5)),
    setting(filled(7_281, 0.5)),
    'Value too large',
  ],
  [
    'an object',
    setting({ a: 'x'.repeat(65_524) }),
    setting({ a: 'x'.repeat(65_525) }),
    'Value too large',
  ],
  [
    'a key to write',
    kv => kv.set(key(2_048), 1),
    kv => kv.set(key(2_049), 1),
    'Key too large for write',
  ],
  [
    'a key to delete',
    kv => kv.delete(key(2_048)),
    kv => kv.delete(key(2_049)),
    'Key too large for write',
  ],
  ['a key to read', kv => kv.get(key(2_049)), kv => kv.get(key(2_050)), 'Key too large for read'],
  ['an empty key to write', kv => kv.set(['a'], 1), kv => kv.set([], 1), 'key cannot be empty'],
  ['an empty key to delete', kv => kv.delete(['a']), kv => kv.delete([]), 'key cannot be empty'],
  ['an empty key to read', kv => kv.get(['a']), kv => kv.get([]), 'key cannot be empty'],
  ['keys of a read', reading(10), reading(11), 'Too many ranges'],
  ['checks of a commit', checking(10), checking(11), 'Too many checks'],
  ['mutations of a commit', writing(1_000, 1), writing(1_001, 1), 'Too many mutations'],
  [
    'bytes of a commit',
    writing(1, 32_612, 12),
    writing(1, 32_613, 12),
    'Total mutation size too large',
  ],
  ['keys of deletions', deleting(819), deleting(820), 'Total mutation size too large'],
  [
    'a limit',
    kv => kv.list({ prefix: [] }, { limit: 1 }),
    kv => kv.list({ prefix: [] }, { limit: 0 }),
    "Bad 'limit'",
  ],
  [
    'a batch',
    kv => kv.list({ prefix: [] }, { batchSize: 1_000 }),
    kv => kv.list({ prefix: [] }, { batchSize: 1_001 }),
    "Bad 'batchSize'",
  ],
  [
    'a start below a prefix',
    kv => kv.list({ prefix: ['a'], start: ['a', 1] }),
    kv => kv.list({ prefix: ['a'], start: ['b'] }),
    'not in the keyspace',
  ],
  [
    'an end below a prefix',
    kv => kv.list({ prefix: ['a'], end: ['a', 1] }),
    kv => kv.list({ prefix: ['a'], end: ['b'] }),
    'not in the keyspace',
  ],
  [
    'a range',
    kv => kv.list({ start: ['a'], end: ['b'] }),
    kv => kv.list({ start: ['b'], end: ['a'] }),
    'greater than',
  ],
  [
    'a checked versionstamp',
    checkingStamp('0'.repeat(20)),
    checkingStamp('z'.repeat(20)),
    'Invalid check',
  ],
];

describe.each(BOTH)('the limits of %s', (_, open) => {
  it.each(LIMITS)('take and refuse %s', async (__, taken, refused) => {
    const kv = await open();
    const outcomes = [await outcomeOf(() => taken(kv)), await outcomeOf(() => refused(kv))];
    kv.close();
    expect(outcomes).toEqual(['taken', 'refused']);
  });

  it('a commit that is refused has changed nothing', async () => {
    const kv = await open();
    const atomic = kv.atomic().set(['a'], 1).set(['b'], new Uint8Array(65_537));
    const outcome = await outcomeOf(() => atomic.commit());
    const { value } = await kv.get(['a']);
    kv.close();
    expect([outcome, value]).toEqual(['refused', null]);
  });

  it('every call is refused once it is closed', async () => {
    const kv = await open();
    kv.close();
    const calls: readonly Call[] = [
      () => kv.get(['a']),
      () => kv.getMany([['a']]),
      () => kv.set(['a'], 1),
      () => kv.delete(['a']),
      () => kv.list({ prefix: [] }),
      () => kv.atomic().set(['a'], 1).commit(),
      () => kv.close(),
    ];
    const outcomes = await Promise.all(calls.map(call => outcomeOf(() => call(kv))));
    expect(outcomes).toEqual(calls.map(() => 'refused'));
  });
});

describe('what the shim throws', () => {
  it.each(LIMITS)('is a TypeError in words of Deno for %s', async (_, __, refused, words) => {
    const call = async () => refused(createKvShim());
    await expect(call()).rejects.toThrow(TypeError);
    await expect(call()).rejects.toThrow(words);
  });

  it.each([[new Map()], [new Date(0)], [1n], [() => 1], [[Symbol('x')]]])(
    'is a TypeError for %o, which only a real one keeps',
    async value => {
      await expect(createKvShim().set(['a'], value)).rejects.toThrow(TypeError);
    },
  );
});

function setting(value: unknown): Call {
  return kv => kv.set(['a'], value);
}

function filled(length: number, value: number): number[] {
  return Array.from({ length }, () => value);
}

/** A key that takes so many bytes: two more than its text. */
function key(bytes: number): KvKey {
  return ['x'.repeat(bytes - 2)];
}

function reading(keys: number): Call {
  return kv => kv.getMany(Array.from({ length: keys }, (_, index) => ['a', index]));
}

function checking(checks: number): Call {
  return kv => {
    const atomic = kv.atomic().set(['b'], 1);
    for (let index = 0; index < checks; index += 1) {
      atomic.check({ key: ['a', index], versionstamp: null });
    }
    return atomic.commit();
  };
}

function checkingStamp(versionstamp: string): Call {
  return kv =>
    kv
      .atomic()
      .check({ key: ['a'], versionstamp })
      .set(['a'], 1)
      .commit();
}

/** So many values of so many bytes, beside full ones. */
function writing(values: number, bytes: number, full = 0): Call {
  return kv => {
    const atomic = kv.atomic();
    for (let index = 0; index < full; index += 1) atomic.set(['f', index], new Uint8Array(65_536));
    for (let index = 0; index < values; index += 1) atomic.set(['v', index], new Uint8Array(bytes));
    return atomic.commit();
  };
}

/** Keys of 1,000 bytes. */
function deleting(keys: number): Call {
  return kv => {
    const atomic = kv.atomic();
    for (let index = 0; index < keys; index += 1) atomic.delete(['x'.repeat(989), index]);
    return atomic.commit();
  };
}
