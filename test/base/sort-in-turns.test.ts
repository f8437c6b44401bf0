import { describe, expect, it } from 'vitest';
import { sortByNumber, sortInTurns } from '../../lib/base/sort-in-turns.ts';
import { seededRandom } from '../support/random.ts';

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

describe('sortByNumber()', () => {
  interface Item {
    readonly at: number;
    readonly key: number;
  }
  const compare = (left: Item, right: Item) => left.at - right.at || left.key - right.key;
  const sort = (items: readonly Item[]) => sortByNumber(items, ({ at }) => at, compare);
  const YEAR_MICROS = 365 * 86_400 * 1e6;

  it.each([
    ['one instant', 0],
    ['a second', 1e6],
    ['a year', YEAR_MICROS],
    ['the years from 1 to 9999', 9_998 * YEAR_MICROS],
  ])('sorts items of %s by number, then as compared', async (_, range) => {
    const random = seededRandom(7);
    const counts = [0, 1, 999, 1_000, 1_023, 1_024, 1_025, 4_096, 12_345];
    for (const count of counts) {
      const items = Array.from({ length: count }, (_item, key) => ({
        at: Math.floor((random.fraction() - 0.9) * range),
        key,
      }));
      // Two of each number.
      const twice = [...items, ...items.map(({ at }, key) => ({ at, key: key - 0.5 }))];
      expect(await sort(twice)).toEqual(twice.toSorted(compare));
    }
  });

  it('sorts items that are close together but for one, or without a finite number', async () => {
    const close = Array.from({ length: 3_000 }, (_, key) => ({ at: (key * 7) % 3_000, key }));
    for (const far of [2 ** 53, -(2 ** 53), Number.POSITIVE_INFINITY]) {
      const items = [...close, { at: far, key: 0 }];
      expect(await sort(items)).toEqual(items.toSorted(compare));
    }
  });

  it('lets the event loop run in between', async () => {
    const events: string[] = [];
    setTimeout(() => events.push('another request'), 0);
    await sort(Array.from({ length: 20_000 }, (_, key) => ({ at: -key, key })));
    events.push('sorted');
    expect(events).toEqual(['another request', 'sorted']);
  });
});
