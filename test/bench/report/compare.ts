import { isHigherBetter, keyOf } from '../measure/figure.ts';
import type { Run, RunFigure } from './run-file.ts';

export type Verdict = 'better' | 'worse' | 'same' | 'new' | 'gone';

/** One figure in two runs. */
export interface Change {
  readonly figure: RunFigure;
  readonly before: number | null;
  readonly after: number | null;
  /** After by before: above 1 is more, whatever is better. Null where one of them is missing. */
  readonly ratio: number | null;
  /** Processor time of one time, after by before: below 1 is cheaper. It depends on the machine. */
  readonly cpuRatio: number | null;
  readonly verdict: Verdict;
}

/** What is nearer than this is the same, however narrow the spread. */
const LEAST_SHARE = 0.05;

/** Every figure of both runs, in the order of the later one. */
export function compareRuns(before: Run, after: Run): Change[] {
  const known = new Map(before.figures.map(figure => [keyOf(figure), figure]));
  const found = new Set(after.figures.map(keyOf));
  return [
    ...after.figures.map(figure => changeOf(known.get(keyOf(figure)), figure)),
    ...before.figures.filter(figure => !found.has(keyOf(figure))).map(goneOf),
  ];
}

/** Whether something is worse by more than its rounds differ. */
export function hasWorsened(changes: readonly Change[]): boolean {
  return changes.some(({ verdict }) => verdict === 'worse');
}

function changeOf(before: RunFigure | undefined, after: RunFigure): Change {
  if (before === undefined) {
    const none = { before: null, ratio: null, cpuRatio: null } as const;
    return { figure: after, after: after.value, verdict: 'new', ...none };
  }
  return {
    figure: after,
    before: before.value,
    after: after.value,
    ratio: byEachOther(after.value, before.value),
    cpuRatio: byEachOther(after.own?.cpuMicros, before.own?.cpuMicros),
    verdict: verdictOn(before, after),
  };
}

function goneOf(figure: RunFigure): Change {
  const none = { after: null, ratio: null, cpuRatio: null } as const;
  return { figure, before: figure.value, verdict: 'gone', ...none };
}

/** Different only if the middle halves of both do not touch, and the medians are far enough from each other. */
function verdictOn(before: RunFigure, after: RunFigure): Verdict {
  const { value: old, spread: oldSpread } = before;
  const { value, spread, unit } = after;
  if (old === null || value === null || Math.abs(value - old) <= LEAST_SHARE * Math.abs(old))
    return 'same';
  const isAbove = isBeyond(oldSpread.high, spread.low);
  const isBelow = isBeyond(spread.high, oldSpread.low);
  if (!isAbove && !isBelow) return 'same';
  return isAbove === isHigherBetter(unit) ? 'better' : 'worse';
}

function isBeyond(high: number | null, low: number | null): boolean {
  return high !== null && low !== null && low > high;
}

function byEachOther(
  after: number | null | undefined,
  before: number | null | undefined,
): number | null {
  if (after === null || after === undefined) return null;
  return before === null || before === undefined || before === 0 ? null : after / before;
}
