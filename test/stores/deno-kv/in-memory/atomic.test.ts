import { describe, expect, it } from 'vitest';
import type { KvCheck } from '../../../../lib/stores/deno-kv/kv-like.ts';
import { LIKE_DENO, outcomeOf, untyped } from './both.ts';

const FORM = /^[0-9a-f]{20}$/;

describe.each(LIKE_DENO)('a commit of %s', (_, open) => {
  it('of nothing succeeds, with a versionstamp between those around it', async () => {
    const kv = await open();
    const before = await kv.set(['a'], 1);
    const empty = await kv.atomic().commit();
    const checked = await kv
      .atomic()
      .check()
      .check({ key: ['none'], versionstamp: null })
      .commit();
    const after = await kv.set(['a'], 2);
    kv.close();
    const stamps = [before, empty, checked, after].map(outcome =>
      outcome.ok ? outcome.versionstamp : '',
    );
    expect(stamps).toEqual(stamps.map(() => expect.stringMatching(FORM)));
    expect(stamps).toEqual([...new Set(stamps)].toSorted());
  });

  it('is done as often as it is called, with what was added in between', async () => {
    const kv = await open();
    const atomic = kv.atomic().set(['a'], 1);
    await atomic.commit();
    const outcome = await atomic.set(['b'], 2).commit();
    const entries = await kv.getMany([['a'], ['b']]);
    kv.close();
    const stamps = entries.map(({ versionstamp }) => versionstamp);
    expect(stamps).toEqual([outcome.ok && outcome.versionstamp, stamps[0]]);
  });

  it('is refused a second time when it checks that its key is absent', async () => {
    const kv = await open();
    const atomic = kv
      .atomic()
      .check({ key: ['a'], versionstamp: null })
      .set(['a'], 1);
    const outcomes = [await atomic.commit(), await atomic.commit()];
    kv.close();
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, false]);
  });

  it('takes an entry as its check, and digits of either case', async () => {
    const kv = await open();
    for (let round = 0; round < 12; round += 1) await kv.set(['a'], round);
    const entry = await kv.get(['a']);
    const check: KvCheck = untyped(entry);
    const upper = { key: ['a'], versionstamp: entry.versionstamp?.toUpperCase() ?? '' };
    const outcomes = [
      await kv.atomic().check(upper).commit(),
      await kv.atomic().check(check).set(['a'], 'new').commit(),
      await kv.atomic().check(check).set(['a'], 'newer').commit(),
    ];
    kv.close();
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, true, false]);
  });

  it('reads a check without a versionstamp as a check for absence', async () => {
    const kv = await open();
    const check: KvCheck = untyped({ key: ['a'], versionstamp: undefined });
    const absent = await kv.atomic().check(check).set(['a'], 1).commit();
    const present = await kv.atomic().check(check).set(['a'], 2).commit();
    kv.close();
    expect([absent.ok, present.ok]).toEqual([true, false]);
  });

  it('keeps a check as it was added', async () => {
    const kv = await open();
    const check = { key: ['a'], versionstamp: null };
    const atomic = kv.atomic().check(check).set(['a'], 1);
    Object.assign(check, { versionstamp: 'f'.repeat(20) });
    const outcome = await atomic.commit();
    kv.close();
    expect(outcome.ok).toBe(true);
  });

  it.each([1, {}, true, [], '名'])('refuses a versionstamp that is not a text: %o', async stamp => {
    const kv = await open();
    const check: KvCheck = untyped({ key: ['a'], versionstamp: stamp });
    const outcome = await outcomeOf(() => kv.atomic().check(check).commit());
    kv.close();
    expect(outcome).toMatch(/^TypeError: /);
  });

  it.each([undefined, null, {}, { versionstamp: null }])(
    'refuses a check of no key: %o',
    async none => {
      const kv = await open();
      const outcome = await outcomeOf(() => kv.atomic().check(untyped(none)).commit());
      kv.close();
      expect(outcome).toMatch(/^TypeError: /);
    },
  );

  it('tests all its checks, also two of one key that cannot both hold', async () => {
    const kv = await open();
    const { versionstamp } = await kv.set(['a'], 1);
    const outcome = await kv
      .atomic()
      .check({ key: ['a'], versionstamp }, { key: ['a'], versionstamp: null })
      .commit();
    kv.close();
    expect(outcome).toEqual({ ok: false });
  });
});
