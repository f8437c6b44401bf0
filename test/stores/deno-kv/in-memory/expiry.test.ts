import { describe, expect, it } from 'vitest';
import type { SetOptions } from '../../../../lib/stores/deno-kv/in-memory/shim-kv.ts';
import { createKvShim } from '../../../../lib/stores/deno-kv/in-memory.ts';
import { LIKE_DENO, outcomeOf, untyped, valuesOf } from './both.ts';

const KEY = ['a'];
/** The last instant that Deno can store, in milliseconds since 1970. */
const LAST_INSTANT = 8_210_266_876_799_999;

describe.each(LIKE_DENO)('expireIn of %s', (_, open) => {
  it.each([-1, 1.5, -0.5, Number.NaN, Number.POSITIVE_INFINITY, '5', null, true, 1n])(
    'refuses %o at the call',
    async expireIn => {
      const kv = await open();
      const options: SetOptions = untyped({ expireIn });
      const outcomes = [
        await outcomeOf(() => kv.set(KEY, 1, options)),
        await outcomeOf(() => kv.atomic().set(KEY, 1, options)),
      ];
      const words = `TypeError: expireIn must be a non-negative integer: received ${expireIn}`;
      const { value } = await kv.get(KEY);
      kv.close();
      expect([...outcomes, value]).toEqual([words, words, null]);
    },
  );

  it.each([2 ** 53, 2 ** 62, Number.MAX_VALUE])('refuses %i at the commit', async expireIn => {
    const kv = await open();
    const outcomes = [
      await outcomeOf(() => kv.set(KEY, 1, { expireIn })),
      await outcomeOf(() => void kv.atomic().set(KEY, 1, { expireIn })),
      await outcomeOf(() => kv.atomic().set(KEY, 1, { expireIn }).commit()),
    ];
    kv.close();
    const words = expect.stringMatching(
      /^TypeError: Invalid mutation: expireIn is too large: \d+$/,
    );
    expect(outcomes).toEqual([words, 'taken', words]);
  });

  it.each([0, -0, 1, 86_400_000, 2 ** 40, undefined])('takes %o', async expireIn => {
    const kv = await open();
    const options: SetOptions = untyped({ expireIn });
    const single = await kv.set(KEY, 1, options);
    const outcome = await kv.atomic().set(KEY, 2, options).commit();
    kv.close();
    expect([single.ok, outcome.ok]).toEqual([true, true]);
  });

  it('keeps an entry that has not expired, and one that was set once more without it', async () => {
    const kv = await open();
    await kv.set(['early'], 1, { expireIn: 86_400_000 });
    await kv.set(['kept'], 1, { expireIn: 0 });
    await kv.set(['kept'], 2);
    const values = await valuesOf(kv.list({ prefix: [] }));
    kv.close();
    expect(values).toEqual([1, 2]);
  });

  it.each([null, 'x', {}])('is not asked for in the options %o', async options => {
    const kv = await open();
    const { ok } = await kv.set(KEY, 1, untyped(options));
    kv.close();
    expect(ok).toBe(true);
  });
});

// Deno removes expired entries about once a minute and shows them until then. The shim never shows them.
describe('an entry of the shim that expires', () => {
  it('is there to the last millisecond, and then gone from every read', async () => {
    const { kv, clock } = expiring();
    const { versionstamp } = await kv.set(KEY, 1, { expireIn: 1_000 });
    await kv.set(['b'], 2);
    clock.now += 999;
    expect((await kv.get(KEY)).versionstamp).toBe(versionstamp);
    clock.now += 1;
    expect(await kv.get(KEY)).toEqual({ key: KEY, value: null, versionstamp: null });
    expect((await kv.getMany([KEY])).map(({ value }) => value)).toEqual([null]);
    expect(await valuesOf(kv.list({ prefix: [] }))).toEqual([2]);
    expect(await valuesOf(kv.list({ prefix: [] }, { reverse: true }))).toEqual([2]);
  });

  it('is not there for a check', async () => {
    const { kv, clock } = expiring();
    const { versionstamp } = await kv.set(KEY, 1, { expireIn: 1_000 });
    clock.now += 1_000;
    const stale = await kv.atomic().check({ key: KEY, versionstamp }).set(KEY, 2).commit();
    const absent = await kv.atomic().check({ key: KEY, versionstamp: null }).set(KEY, 3).commit();
    expect([stale.ok, absent.ok, (await kv.get(KEY)).value]).toEqual([false, true, 3]);
  });

  it('counts from its commit on', async () => {
    const { kv, clock } = expiring();
    const atomic = kv.atomic().set(KEY, 1, { expireIn: 1_000 });
    clock.now += 5_000;
    await atomic.commit();
    clock.now += 999;
    expect((await kv.get(KEY)).value).toBe(1);
  });

  it('is gone at once with an expireIn of 0', async () => {
    const { kv } = expiring();
    await kv.set(KEY, 1, { expireIn: 0 });
    expect((await kv.get(KEY)).value).toBeNull();
  });

  it('does not come back when the clock is set back', async () => {
    const { kv, clock } = expiring();
    await kv.set(KEY, 1, { expireIn: 1_000 });
    clock.now += 1_000;
    await kv.get(KEY);
    clock.now -= 1_000;
    expect((await kv.get(KEY)).value).toBeNull();
  });

  it('is refused after the last possible instant', async () => {
    const { kv, clock } = expiring();
    const expireIn = LAST_INSTANT - clock.now;
    const outcomes = [expireIn, expireIn + 1].map(ms =>
      outcomeOf(() => kv.set(KEY, 1, { expireIn: ms })),
    );
    expect(await Promise.all(outcomes)).toEqual([
      'taken',
      `TypeError: Invalid mutation: expireIn is too large: ${expireIn + 1}`,
    ]);
  });
});

function expiring() {
  const clock = { now: 1_000_000 };
  return { clock, kv: createKvShim({ now: () => clock.now }) };
}
