import { assert, double, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRetryRule } from '../../../lib/worker/handler/retry-rule.ts';

const STILL = { fraction: () => 0 };
const WILD = { fraction: () => 0.999 };

describe('createRetryRule()', () => {
  it('waits 1, 2, 4 seconds and so on, up to a minute', () => {
    const { pauseMs } = createRetryRule({}, STILL);
    expect([1, 2, 3, 4, 5, 6, 7, 8, 2000].map(pauseMs)).toEqual([
      1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000,
    ]);
  });

  it('waits as its options say', () => {
    const { pauseMs, attempts } = createRetryRule(
      { initialMs: 500, factor: 3, maximumMs: 5000, jitter: 0, attempts: 7 },
      WILD,
    );
    expect([1, 2, 3, 4].map(pauseMs)).toEqual([500, 1500, 4500, 5000]);
    expect(attempts).toBe(7);
  });

  it('never waits less than the rule, nor more than it and the jitter', () => {
    assert(
      property(
        integer({ min: 1, max: 100 }),
        double({ min: 0, max: 1, noNaN: true }),
        double({ min: 0, max: 0.999, noNaN: true }),
        (failures, jitter, fraction) => {
          const rule = createRetryRule({ jitter: 0 }, STILL).pauseMs(failures);
          const pause = createRetryRule({ jitter }, { fraction: () => fraction }).pauseMs(failures);
          expect(pause).toBeGreaterThanOrEqual(rule);
          expect(pause).toBeLessThanOrEqual(rule * 2);
        },
      ),
    );
  });

  it.each([
    ['initialMs', 499],
    ['initialMs', Number.NaN],
    ['factor', 0.9],
    ['factor', Number.POSITIVE_INFINITY],
    ['maximumMs', 999],
    ['jitter', -0.1],
    ['jitter', 1.1],
    ['attempts', 0],
    ['attempts', 1.5],
  ])('refuses %s %d', (name, value) => {
    expect(() => createRetryRule({ [name]: value }, STILL)).toThrow(RangeError);
  });
});
