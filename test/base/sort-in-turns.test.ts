import { describe, expect, it } from 'vitest';
import { sortInTurns } from '../../lib/base/sort-in-turns.ts';

const ascending = (left: number, right: number) => left - right;

/** Numbers in no order, with equal ones among them. */
function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, at) => (at * 7919) % 10_007);
}

describe('sortInTurns()', () => {
  it.each([0, 1, 4_999, 5_000, 5_001, 12_345, 40_001])('sorts %d items', async count => {
    const items = numbers(count);
    expect(await sortInTurns(items, ascending)).toEqual(items.toSorted(ascending));
  });

  it('lets the event loop run in between, and takes the items of the moment of the call', async () => {
    const items = numbers(12_000);
    const expected = items.toSorted(ascending);
    const events: string[] = [];
    setTimeout(() => {
      events.push('another request');
      items.length = 0;
    }, 0);
    const sorted = await sortInTurns(items, ascending);
    events.push('sorted');
    expect(events).toEqual(['another request', 'sorted']);
    expect(sorted).toEqual(expected);
  });
});
