import { describe, expect, it } from 'vitest';
import { type ClaimOrder, createClaimOrder } from '../../lib/ready/claim-order.ts';
import { seededRandom } from '../support/random.ts';

const PAGE = 99;
const MS_A_ROUND = 10;

function keyOf(index: number): string {
  return `ready/20261128T000000.${String(index).padStart(6, '0')}Z.0123456789ab~job-${index}`;
}

const KEYS = Array.from({ length: PAGE }, (_, index) => keyOf(index));

/** An order that has lost the given keys to others. */
function orderAfter(lost: readonly string[], fraction = 0.5): ClaimOrder {
  const order = createClaimOrder();
  for (const key of lost) order.lost(key, { nowMs: 0, fraction });
  return order;
}

/** Processes that claim in turn from the same hints, while new ones come. */
function claimTogether(processes: number, rounds: number) {
  const random = seededRandom(processes);
  const waiting = [...KEYS];
  const orders = Array.from({ length: processes }, () => createClaimOrder());
  const pages = orders.map((): { keys: string[]; left: number } => ({ keys: [], left: 0 }));
  let added = PAGE;
  let lost = 0;
  let granted = 0;
  let oldest = 0;
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, order] of orders.entries()) {
      const page = pages[index] ?? { keys: [], left: 0 };
      if (page.left <= 0 || page.keys.length === 0) {
        const { keys, count } = order.next(waiting.slice(0, PAGE), round * MS_A_ROUND);
        Object.assign(page, { keys: [...keys], left: count });
      }
      const key = page.keys.shift() ?? '';
      page.left -= 1;
      const place = waiting.indexOf(key);
      if (place < 0) {
        lost += 1;
        if (order.lost(key, { nowMs: round * MS_A_ROUND, fraction: random.fraction() }))
          page.left = 0;
        continue;
      }
      granted += 1;
      waiting.splice(place, 1);
      waiting.push(keyOf(added));
      added += 1;
      oldest = Math.max(oldest, added - Number(/[0-9]+$/.exec(waiting[0] ?? '')?.[0]));
    }
  }
  return { lost, granted, oldest };
}

describe('the order of a process that claims alone', () => {
  it('is that of the list, to its end', () => {
    expect(createClaimOrder().next(KEYS, 0)).toEqual({ keys: KEYS, count: PAGE });
  });

  it("is the same after one job was somebody else's, which may have been cancelled", () => {
    const order = createClaimOrder();
    expect(order.lost(keyOf(1), { nowMs: 0, fraction: 0 })).toBe(false);
    expect(order.next(KEYS, 0)).toEqual({ keys: KEYS, count: PAGE });
  });
});

describe('the order of a process that loses jobs to others', () => {
  it('begins elsewhere, has all keys once, and is listed again after half of them', () => {
    const { keys, count } = orderAfter([keyOf(1), keyOf(2)]).next(KEYS, 0);
    expect(count).toBe(50);
    expect(keys).not.toEqual(KEYS);
    expect(keys.toSorted()).toEqual(KEYS);
  });

  it('is opposite to where the other was met last', () => {
    const first = orderAfter([keyOf(1), keyOf(2)]);
    const { keys } = first.next(KEYS, 0);
    const [begin = ''] = keys;
    first.lost(begin, { nowMs: 0, fraction: 0.5 });
    const again = first.next(KEYS, 0).keys;
    expect(Math.abs(again.indexOf(begin) - PAGE / 2)).toBeLessThan(15);
  });

  it('has a key first that was listed more than five seconds ago, and is still', () => {
    const order = orderAfter([keyOf(1), keyOf(2)]);
    const last = order.next(KEYS, 0).keys.at(-1) ?? '';
    order.next([last], 5_000);
    expect(order.next(KEYS, 5_000).keys.at(-1)).toBe(last);
    order.next([last], 5_001);
    expect(order.next(KEYS, 5_001).keys[0]).toBe(last);
  });

  it('is that of the list again after half a minute without them, or when the clock was set back', () => {
    expect(orderAfter([keyOf(1), keyOf(2)]).next(KEYS, 30_001)).toEqual({
      keys: KEYS,
      count: PAGE,
    });
    expect(orderAfter([keyOf(1), keyOf(2)]).next(KEYS, -30_001).keys).toEqual(KEYS);
  });
});

describe('processes that claim the same hints', () => {
  it.each([
    [2, 0.05],
    [3, 0.1],
  ])(
    "%i of them are in each other's way in few of their claims, and leave no job behind",
    (processes, most) => {
      const { lost, granted, oldest } = claimTogether(processes, 3_000);
      expect(lost / granted).toBeLessThan(most);
      // Within six seconds.
      expect(oldest).toBeLessThan(processes * (6_000 / MS_A_ROUND) + PAGE);
    },
  );
});
