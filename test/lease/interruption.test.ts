import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clampEnds,
  graceEnd,
  type Interruption,
  withInterruption,
} from '../../lib/lease/interruption.ts';
import { afterNoon, NOON } from '../support/lease.ts';

const MINUTE = { ttl_seconds: 60, renewed_at: afterNoon(-1_000_000) };

function endedAt(milliseconds: number, seconds: number): Interruption {
  return { endedAt: afterNoon(milliseconds), seconds };
}

describe('graceEnd()', () => {
  it.each([
    [59_999, afterNoon(60_000)],
    [60_000, null],
  ])('gives a ttl from the end of the interruption: %i ms after it', (milliseconds, until) => {
    expect(graceEnd([endedAt(0, 100)], MINUTE, afterNoon(milliseconds))).toEqual(
      until === null ? null : '2026-03-04T12:01:00Z',
    );
  });

  it.each([
    [19, null],
    [20, '2026-03-04T12:01:00Z'],
  ])('counts what is as long as the time between two renewals: %i s', (seconds, until) => {
    expect(graceEnd([endedAt(0, seconds)], MINUTE, NOON)).toBe(until);
  });

  it('goes by the last of several', () => {
    const known = [endedAt(10_000, 50), endedAt(5_000, 90)];
    expect(graceEnd(known, MINUTE, afterNoon(20_000))).toBe('2026-03-04T12:01:10Z');
  });

  it.each([
    ['counts nothing for a lease that was renewed since', 1000, null],
    ['counts for a lease that was renewed before', -1000, '2026-03-04T12:01:00Z'],
    ['counts for a renewal in the future: a clock has jumped', 100_000, '2026-03-04T12:01:00Z'],
  ])('%s', (_, milliseconds, until) => {
    const lease = { ttl_seconds: 60, renewed_at: afterNoon(milliseconds) };
    expect(graceEnd([endedAt(0, 100)], lease, afterNoon(5000))).toBe(until);
  });

  it('is null where nothing was interrupted', () => {
    expect(graceEnd([], MINUTE, NOON)).toBeNull();
  });
});

describe('withInterruption()', () => {
  it('changes no grace by what it forgets', () => {
    const gaps = fc.array(
      fc.record({
        afterSeconds: fc.integer({ min: 3, max: 900 }),
        seconds: fc.integer({ min: 3, max: 4000 }),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(gaps, fc.integer({ min: 5, max: 3600 }), (drawn, ttl_seconds) => {
        let now = 0;
        let kept: readonly Interruption[] = [];
        const all: Interruption[] = [];
        for (const { afterSeconds, seconds } of drawn) {
          now += afterSeconds * 1000;
          const added = endedAt(now, seconds);
          all.push(added);
          kept = withInterruption(kept, added);
        }
        const at = afterNoon(now);
        const lease = { ttl_seconds, renewed_at: afterNoon(-1) };
        expect(graceEnd(kept, lease, at)).toBe(graceEnd(all, lease, at));
      }),
    );
  });

  it('keeps fewer than a hundred, however many there are', () => {
    let kept: readonly Interruption[] = [];
    for (let nth = 0; nth < 10_000; nth++) {
      kept = withInterruption(kept, endedAt(nth * 3000, 3 + (nth % 200)));
    }
    expect(kept.length).toBeLessThan(100);
  });
});

describe('clampEnds()', () => {
  it('moves what a clock that was ahead has written', () => {
    const moved = clampEnds([endedAt(-5000, 9), endedAt(3_600_000, 9)], NOON);
    expect(moved).toEqual([endedAt(-5000, 9), { endedAt: NOON, seconds: 9 }]);
  });
});
