import { describe, expect, it } from 'vitest';
import { KINDS, kindOf, MIX } from './work.ts';

describe('kindOf', () => {
  it('kindOf() has every kind in its share of a hundred calls', () => {
    const kinds = Array.from({ length: 100 }, (_, nth) => kindOf(nth));
    const counts = KINDS.map(kind => [kind, kinds.filter(one => one === kind).length]);
    expect(Object.fromEntries(counts)).toEqual(MIX);
  });

  it('kindOf() does not make all calls of a kind one after the other', () => {
    const kinds = Array.from({ length: 20 }, (_, nth) => kindOf(nth));
    expect(new Set(kinds).size).toBe(KINDS.length);
  });
});
