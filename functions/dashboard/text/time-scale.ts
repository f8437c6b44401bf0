import type { HistoryEvent } from './job-history.ts';
import type { SheetCell } from './sheet-cell.ts';

/** The time that a picture shows, in milliseconds. */
export interface TimeSpan {
  readonly from: number;
  readonly to: number;
}

/** From the first grant or start of a sheet to the last thing that happened. Null where nothing has. */
export function spanOf(
  cells: readonly SheetCell[],
  events: readonly HistoryEvent[],
  until: number | null,
): TimeSpan | null {
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  const include = (millis: number | null): void => {
    if (millis === null) return;
    from = Math.min(from, millis);
    to = Math.max(to, millis);
  };
  for (const { startedAt, endedAt } of cells) {
    include(startedAt);
    include(endedAt);
  }
  // A job may have waited for days before anything ran.
  for (const { event, at } of events) if (event !== 'created') include(at);
  if (from > to) return null;
  if (until !== null) to = Math.max(to, until);
  return { from, to: Math.max(to, from + 1_000) };
}

const STEPS_S = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400,
];

/** Round moments within the span in the reader's time zone, about `count` of them. */
export function ticksOf({ from, to }: TimeSpan, count: number): readonly number[] {
  const wanted = (to - from) / 1000 / Math.max(1, count);
  const days = Math.ceil(wanted / 86_400);
  const step = (STEPS_S.find(seconds => seconds >= wanted) ?? days * 86_400) * 1000;
  const zone = new Date(from).getTimezoneOffset() * 60_000;
  const ticks: number[] = [];
  for (let at = Math.ceil((from - zone) / step) * step + zone; at <= to; at += step) ticks.push(at);
  return ticks;
}
