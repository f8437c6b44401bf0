import { describe, expect, it } from 'vitest';
import { createReopening } from '../../functions/cloudflare/objects/reopening.ts';
import type { OpenedStore } from '../../functions/cloudflare/store-opener.ts';
import { frozenClock } from '../support/clock.ts';

/** Opens by number. `next` says how the next openings end; one that is not said never ends its use. */
function open(next: (Error | number)[]) {
  const clock = frozenClock();
  let openings = 0;
  const reopen = createReopening(clock, async () => {
    openings += 1;
    const nth = openings;
    const end = next.shift() ?? Number.POSITIVE_INFINITY;
    if (end instanceof Error) throw end;
    const opened = { usableUntilMs: end === 0 ? 0 : clock.millis() + end } as OpenedStore;
    return { opened, nth };
  });
  return { clock, nth: async () => (await reopen()).nth };
}

describe('createReopening()', () => {
  it('opens once for all calls, also for those that come while it opens', async () => {
    const { nth } = open([]);
    expect(await Promise.all([nth(), nth()])).toEqual([1, 1]);
    expect(await nth()).toBe(1);
  });

  it('opens again when the store may not be used any longer, and not before', async () => {
    const { clock, nth } = open([15_000]);
    await nth();
    clock.advance(14_999);
    expect(await nth()).toBe(1);
    clock.advance(1);
    expect(await Promise.all([nth(), nth()])).toEqual([2, 2]);
    clock.advance(3_600_000);
    expect(await nth()).toBe(2);
  });

  it('opens again after a failure of any kind', async () => {
    const { nth } = open([new TypeError('broken')]);
    const first = Promise.allSettled([nth(), nth()]);
    expect((await first).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await nth()).toBe(2);
  });

  it('opens again at each call while the store cannot be opened', async () => {
    const { nth } = open([0, 0]);
    expect([await nth(), await nth(), await nth(), await nth()]).toEqual([1, 2, 3, 3]);
  });
});
