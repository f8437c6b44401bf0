import { type Figure, reached, type Target } from '../measure/figure.ts';

const NAME_WIDTH = 46;
const AGAINST_WIDTH = 40;

export function tableHead(): string {
  return row(['figure', 'against', 'ratio', 'min to max', 'target', 'rate', 'against']);
}

export function tableRow(figure: Figure): string {
  const { ratio, target } = figure;
  return row([
    figure.name,
    figure.against,
    digits(ratio.median),
    `${digits(ratio.min)} to ${digits(ratio.max)}`,
    targetText(target) + (reached(figure) ? '' : ' missed'),
    rate(figure.perSecond),
    rate(figure.againstPerSecond),
  ]);
}

function row([name = '', against = '', ...rest]: readonly string[]): string {
  const [ratio = '', range = '', target = '', own = '', other = ''] = rest;
  return [
    name.padEnd(NAME_WIDTH),
    against.padEnd(AGAINST_WIDTH),
    ratio.padStart(7),
    range.padStart(16),
    `  ${target.padEnd(14)}`,
    own.padStart(10),
    other.padStart(10),
  ]
    .join(' ')
    .trimEnd();
}

function targetText(target: Target): string {
  if (target === null) return '';
  if (target.kind === 'seconds') return `in ${target.atMost} s`;
  return `>= ${digits(target.atLeast)}`;
}

function digits(value: number): string {
  return value < 0.1 ? value.toFixed(3) : value.toFixed(2);
}

/** What is rarer than ten times a second is told by the time it takes. */
function rate(perSecond: number): string {
  if (perSecond >= 1000) return `${(perSecond / 1000).toFixed(1)} k/s`;
  if (perSecond >= 10) return `${perSecond.toFixed(0)} /s`;
  return `${(1 / perSecond).toFixed(2)} s`;
}
