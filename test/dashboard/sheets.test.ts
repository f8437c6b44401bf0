import { describe, expect, it } from 'vitest';
import {
  cornerOf,
  layoutOf,
  sheetAfterKey,
  sheetAtPoint,
} from '../../functions/dashboard/text/grid-layout.ts';
import { historyOf, tenuresOf } from '../../functions/dashboard/text/job-history.ts';
import {
  cellsOf,
  cellText,
  countsOf,
  MAX_CELLS,
  nextWith,
} from '../../functions/dashboard/text/sheet-cell.ts';
import { spanOf, ticksOf } from '../../functions/dashboard/text/time-scale.ts';

const STATE = {
  total_sheets: 4,
  sheets: {
    '1': {
      sheet_num: 1,
      status: 'completed',
      attempt_count: 1,
      started_at: '2026-11-28T00:00:00.000000Z',
      completed_at: '2026-11-28T00:00:10.000000Z',
    },
    '2': { sheet_num: 2, status: 'failed', attempt_count: 3 },
    '4': 'not a sheet',
  },
};

describe('cellsOf()', () => {
  it('has a cell for every sheet, also for those that have not run or are no sheets', () => {
    expect(cellsOf(STATE).map(({ status }) => status)).toEqual([
      'completed',
      'failed',
      'pending',
      'pending',
    ]);
    expect(countsOf(cellsOf(STATE)).get('pending')).toBe(2);
  });

  it('is bounded for a total of any size', () => {
    expect(cellsOf({ total_sheets: 12345678901234567890n })).toHaveLength(MAX_CELLS);
    expect(cellsOf({ total_sheets: -1 })).toEqual([]);
    expect(cellsOf({})).toEqual([]);
  });
});

describe('nextWith()', () => {
  it('goes on from the other end', () => {
    const cells = cellsOf(STATE);
    expect(nextWith(cells, 'pending', { from: 3, step: 1 })).toBe(4);
    expect(nextWith(cells, 'pending', { from: 4, step: 1 })).toBe(3);
    expect(nextWith(cells, 'pending', { from: 3, step: -1 })).toBe(4);
    expect(nextWith(cells, 'skipped', { from: 0, step: 1 })).toBeNull();
  });
});

describe('cellText()', () => {
  it('says the attempts where there were several', () => {
    const [first, second] = cellsOf(STATE);
    expect(first && cellText(first, 4)).toBe('Sheet 1 of 4: completed');
    expect(second && cellText(second, 4)).toBe('Sheet 2 of 4: failed, 3 attempts');
  });
});

describe('layoutOf()', () => {
  it.each([1, 40, 500, 2_000, 10_000, 50_000])(
    'places %d sheets where a point finds them',
    count => {
      const layout = layoutOf(count, 811);
      for (const sheet of [1, Math.ceil(count / 2), count]) {
        const [x, y] = cornerOf(layout, sheet);
        expect(x + layout.size).toBeLessThanOrEqual(811);
        expect(y + layout.size).toBeLessThanOrEqual(layout.height);
        expect(sheetAtPoint(layout, count, [x + 1, y + 1])).toBe(sheet);
      }
    },
  );

  it('finds no sheet in a gap, behind the last one, or outside', () => {
    const layout = layoutOf(10, 800);
    expect(sheetAtPoint(layout, 10, [layout.size + 1, 1])).toBeNull();
    expect(sheetAtPoint(layout, 10, [(layout.size + layout.gap) * 10 + 1, 1])).toBeNull();
    expect(sheetAtPoint(layout, 10, [-1, 1])).toBeNull();
  });

  it('has a column in no width at all', () => {
    expect(layoutOf(3, 0).columns).toBe(1);
  });
});

describe('sheetAfterKey()', () => {
  const grid = { columns: 10, count: 95 };

  it.each([
    ['ArrowRight', 95, 95],
    ['ArrowLeft', 1, 1],
    ['ArrowDown', 80, 90],
    ['ArrowDown', 90, 90],
    ['ArrowUp', 5, 5],
    ['Home', 50, 1],
    ['End', 50, 95],
    ['PageDown', 50, 95],
  ])('goes with %s from %d to %d', (key, from, to) => {
    expect(sheetAfterKey(key, from, grid)).toBe(to);
  });

  it('leaves other keys alone', () => {
    expect(sheetAfterKey('a', 5, grid)).toBeNull();
    expect(sheetAfterKey('End', 1, { columns: 1, count: 0 })).toBeNull();
  });
});

const HISTORY = {
  dalsegno: {
    history: [
      { at: '2026-11-28T00:01:00.000000Z', event: 'expired', epoch: 1, holder: 'a' },
      { at: '2026-11-28T00:00:00.000000Z', event: 'granted', epoch: 1, holder: 'a' },
      { at: '2026-11-28T00:02:00.000000Z', event: 'granted', epoch: 2, holder: 'b' },
      { at: 'never', event: 'granted' },
      7,
    ],
  },
};

describe('historyOf()', () => {
  it('is in order of time, without what is no event', () => {
    expect(historyOf(HISTORY).map(({ event }) => event)).toEqual(['granted', 'expired', 'granted']);
  });

  it('is empty for whatever else another program wrote', () => {
    expect([
      historyOf({}),
      historyOf({ dalsegno: [] }),
      historyOf({ dalsegno: { history: 1 } }),
    ]).toEqual([[], [], []]);
  });
});

describe('tenuresOf()', () => {
  it('end with the next event, and the last one lasts', () => {
    const [first, second] = tenuresOf(historyOf(HISTORY));
    expect(first).toMatchObject({ holder: 'a', epoch: 1 });
    expect((first?.to ?? 0) - (first?.from ?? 0)).toBe(60_000);
    expect(second).toMatchObject({ holder: 'b', epoch: 2, to: null });
  });
});

describe('spanOf()', () => {
  it('covers sheets and events, and is null where nothing happened', () => {
    const span = spanOf(cellsOf(STATE), historyOf(HISTORY), null);
    expect(span).toEqual({
      from: Date.UTC(2026, 10, 28),
      to: Date.UTC(2026, 10, 28, 0, 2),
    });
    expect(spanOf([], [], 1)).toBeNull();
  });
});

describe('ticksOf()', () => {
  it.each([1_000, 3_600_000, 30 * 86_400_000])('are few and round in a span of %d ms', length => {
    const from = Date.UTC(2026, 10, 28, 3, 7, 11);
    const ticks = ticksOf({ from, to: from + length }, 8);
    expect(ticks.length).toBeLessThanOrEqual(9);
    expect(ticks.every(tick => tick >= from && tick <= from + length && tick % 1_000 === 0)).toBe(
      true,
    );
  });
});
