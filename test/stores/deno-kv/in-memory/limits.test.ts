import { describe, expect, it } from 'vitest';
import { BOTH, LIKE_DENO, outcomeOf } from './both.ts';
import {
  breaking,
  type Call,
  checked,
  checking,
  checkingStamp,
  deleting,
  filled,
  key,
  reading,
  setting,
  settingKeys,
  withCheck,
  writing,
} from './kv-calls.ts';

/** A limit from both sides: what is accepted, what is refused, and the error text. */
type Limit = readonly [string, Call, Call, string];

const VALUE = 'TypeError: Value too large (max 65536 bytes)';
const WRITTEN_KEY = 'TypeError: Key too large for write (max 2048 bytes)';
const READ_KEY = 'TypeError: Key too large for read (max 2049 bytes)';
const EMPTY_KEY = 'TypeError: key cannot be empty';
const COMMIT = 'TypeError: Total mutation size too large (max 819200 bytes)';
const KEYS = 'TypeError: Total key size too large (max 81920 bytes)';
const STAMP = 'TypeError: Invalid check';

const LIMITS: readonly Limit[] = [
  ['a value of bytes', setting(new Uint8Array(65_536)), setting(new Uint8Array(65_537)), VALUE],
  ['a value of text', setting('x'.repeat(65_530)), setting('x'.repeat(65_531)), VALUE],
  ['a value of Latin-1', setting('é'.repeat(65_530)), setting('é'.repeat(65_531)), VALUE],
  ['a value of other text', setting('名'.repeat(32_765)), setting('名'.repeat(32_766)), VALUE],
  ['a list of integers', setting(filled(32_762, 1)), setting(filled(32_763, 1)), VALUE],
  ['a list of fractions', setting(filled(7_280, 0.5)), setting(filled(7_281, 0.5)), VALUE],
  ['an object', setting({ a: 'x'.repeat(65_524) }), setting({ a: 'x'.repeat(65_525) }), VALUE],
  ['a key to write', kv => kv.set(key(2_048), 1), kv => kv.set(key(2_049), 1), WRITTEN_KEY],
  ['a key to delete', kv => kv.delete(key(2_048)), kv => kv.delete(key(2_049)), WRITTEN_KEY],
  ['an empty key to write', kv => kv.set(['a'], 1), kv => kv.set([], 1), EMPTY_KEY],
  ['an empty key to delete', kv => kv.delete(['a']), kv => kv.delete([]), EMPTY_KEY],
  ['keys of a read', reading(10), reading(11), 'TypeError: Too many ranges (max 10)'],
  [
    'mutations of a commit',
    writing(1_000, 1),
    writing(1_001, 1),
    'TypeError: Too many mutations (max 1000)',
  ],
  ['keys of deletions', deleting(819), deleting(820), COMMIT],
  ['a checked versionstamp', checkingStamp('0'.repeat(20)), checkingStamp('z'.repeat(20)), STAMP],
];

/** Limits that differ in `@deno/kv`. */
const LIMITS_OF_DENO: readonly Limit[] = [
  ['a key to read', kv => kv.get(key(2_048)), kv => kv.get(key(2_049)), READ_KEY],
  [
    'a key to read with others',
    kv => kv.getMany([['a'], key(2_048)]),
    kv => kv.getMany([['a'], key(2_049)]),
    READ_KEY,
  ],
  [
    'a key to check',
    kv => checked(kv, key(2_048)).commit(),
    kv => checked(kv, key(2_049)).commit(),
    WRITTEN_KEY,
  ],
  [
    'an empty key to check',
    kv => checked(kv, ['a']).commit(),
    kv => checked(kv, []).commit(),
    EMPTY_KEY,
  ],
  [
    'an empty key in a commit',
    kv => void kv.atomic().set([], 1),
    kv => kv.atomic().set([], 1).commit(),
    EMPTY_KEY,
  ],
  ['checks of a commit', checking(100), checking(101), 'TypeError: Too many checks (max 100)'],
  // The keys of values that are set count twice: by themselves, and with their values.
  ['bytes of a commit', writing(1, 32_456, 12), writing(1, 32_457, 12), COMMIT],
  ['bytes of a commit with a check', withCheck(32_453), withCheck(32_454), COMMIT],
  ['keys of values', settingKeys(40), settingKeys(41), KEYS],
  ['the keys of values alone', settingKeys(40, 300), settingKeys(41, 300), KEYS],
  [
    'a key with a large bigint',
    kv => kv.set([2n ** 2_040n - 1n], 1),
    kv => kv.set([2n ** 2_040n], 1),
    'TypeError: Invalid mutation: BigUint requires more than 255 bytes to be represented',
  ],
  ['a shorter versionstamp', checkingStamp('0'.repeat(20)), checkingStamp('0'.repeat(19)), STAMP],
  ['a longer versionstamp', checkingStamp('f'.repeat(20)), checkingStamp('0'.repeat(21)), STAMP],
  ['an empty versionstamp', checkingStamp('F'.repeat(20)), checkingStamp(''), STAMP],
];

describe.each(BOTH)('the limits of %s', (_, open) => {
  it.each(LIMITS)('accept and refuse %s', async (__, taken, refused) => {
    const kv = await open();
    const outcomes = [await outcomeOf(() => taken(kv)), await outcomeOf(() => refused(kv))];
    kv.close();
    expect(outcomes).toEqual(['taken', expect.stringContaining('Error: ')]);
  });

  it('a commit that is refused has changed nothing', async () => {
    const kv = await open();
    const atomic = kv.atomic().set(['a'], 1).set(['b'], new Uint8Array(65_537));
    const outcome = await outcomeOf(() => atomic.commit());
    const { value } = await kv.get(['a']);
    kv.close();
    expect([outcome, value]).toEqual([expect.stringContaining('Error: '), null]);
  });
});

describe.each(LIKE_DENO)('the limits of %s', (_, open) => {
  it.each([...LIMITS, ...LIMITS_OF_DENO])('are worded as those of Deno: %s', async (...limit) => {
    const [, taken, refused, words] = limit;
    const kv = await open();
    const outcomes = [await outcomeOf(() => taken(kv)), await outcomeOf(() => refused(kv))];
    kv.close();
    expect(outcomes).toEqual(['taken', words]);
  });

  it.each<readonly [string, Call, string]>([
    ['checks before mutations', breaking({ checks: 101, sets: 1_001 }), 'Too many checks'],
    [
      'a versionstamp before a value',
      breaking({ stamp: 'zz', valueBytes: 70_000 }),
      'Invalid check',
    ],
    ['an empty key before a value', breaking({ keyBytes: 0, valueBytes: 70_000 }), 'key cannot be'],
    ['a key before a value', breaking({ keyBytes: 3_000, valueBytes: 70_000 }), 'Key too large'],
    ['the whole before the keys', breaking({ sets: 900, keyBytes: 1_000 }), 'Total mutation size'],
  ])('are looked at in their order: %s', async (__, call, words) => {
    const kv = await open();
    const outcome = await outcomeOf(() => call(kv));
    kv.close();
    expect(outcome).toContain(words);
  });
});
