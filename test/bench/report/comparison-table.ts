import type { Change, Verdict } from './compare.ts';
import { digits, goalText, valueText } from './table.ts';

const WIDTHS = [10, 10, 8, 8, 12];
const NAME_WIDTH = 78;
const SIGNS: Readonly<Record<Verdict, string>> = {
  better: 'better',
  worse: 'WORSE',
  same: '',
  new: 'new',
  gone: 'not measured',
};

/** A line for every figure of both runs, with what became of it. */
export function comparisonTable(changes: readonly Change[]): string {
  const head = line(['figure', 'before', 'after', 'ratio', 'CPU', 'goal', '']);
  const count = (verdict: Verdict) => changes.filter(change => change.verdict === verdict).length;
  const sum = `${count('better')} better, ${count('worse')} worse, ${count('same')} the same within their spread`;
  return [head, ...changes.map(changeLine), '', sum].join('\n');
}

function changeLine({ figure, before, after, ratio, cpuRatio, verdict }: Change): string {
  const { runtime, name, against, unit, goal } = figure;
  const label = `${runtime === 'node' ? '' : `${runtime}: `}${name}`;
  return line([
    against === '' ? label : `${label} / ${against}`,
    before === null ? '' : valueText(before, unit),
    after === null ? '' : valueText(after, unit),
    ratio === null ? '' : digits(ratio),
    cpuRatio === null ? '' : digits(cpuRatio),
    goalText(goal, unit),
    SIGNS[verdict],
  ]);
}

function line(cells: readonly string[]): string {
  const [name = '', ...rest] = cells;
  const verdict = rest.pop() ?? '';
  const padded = rest.map((cell, at) => cell.padStart(WIDTHS[at] ?? 0));
  return [name.padEnd(NAME_WIDTH), ...padded, ` ${verdict}`].join(' ').trimEnd();
}
