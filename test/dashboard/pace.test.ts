import { describe, expect, it } from 'vitest';
import { createPace } from '../../functions/dashboard/state/pace.ts';

function clockedPace(share: number) {
  let now = 1_000;
  const pace = createPace({ share, millis: () => now });
  return {
    pace,
    advance: (millis: number) => {
      now += millis;
    },
    take: (millis: number) => async () => {
      now += millis;
    },
  };
}

describe('createPace()', () => {
  it('is due at first, and again when the call was its share of the time', async () => {
    const { pace, advance, take } = clockedPace(0.1);
    expect(pace.isDue()).toBe(true);
    await pace.run(take(1_000));
    advance(8_999);
    expect(pace.isDue()).toBe(false);
    advance(1);
    expect(pace.isDue()).toBe(true);
  });

  it('is due at once after a call that failed, and after a reset', async () => {
    const { pace, take } = clockedPace(0.1);
    await expect(pace.run(() => Promise.reject(new Error('down')))).rejects.toThrow('down');
    expect(pace.isDue()).toBe(true);
    await pace.run(take(500));
    pace.reset();
    expect(pace.isDue()).toBe(true);
  });
});
