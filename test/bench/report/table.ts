import { type Figure, type Goal, reached, type Side, type Unit } from '../measure/figure.ts';

const NAME_WIDTH = 46;
const AGAINST_WIDTH = 32;
const WIDTHS = [9, 18, 12, 7, 11, 11, 10, 10, 10];

export function tableHead(): string {
  return row([
    'figure',
    'against',
    'value',
    'min to max',
    'goal',
    'by CPU',
    'rate',
    'against',
    'CPU',
    'against',
    'client',
  ]);
}

export function tableRow(figure: Figure): string {
  const { unit, spread, cpuRatio, own, other } = figure;
  return row([
    figure.runtime === 'node' ? figure.name : `${figure.runtime}: ${figure.name}`,
    figure.against,
    valueText(figure.value, unit),
    `${valueText(spread.min, unit)} to ${valueText(spread.max, unit)}`,
    goalText(figure.goal, unit) + (reached(figure) ? '' : ' !'),
    cpuRatio === null ? '' : digits(cpuRatio.median),
    rateText(own),
    rateText(other),
    microsText(own?.cpuMicros),
    microsText(other?.cpuMicros),
    microsText(own?.clientCpuMicros),
  ]);
}

function row([name = '', against = '', ...rest]: readonly string[]): string {
  const cells = rest.map((cell, at) => cell.padStart(WIDTHS[at] ?? 0));
  return [name.padEnd(NAME_WIDTH), against.padEnd(AGAINST_WIDTH), ...cells].join(' ').trimEnd();
}

export function goalText(goal: Goal, unit: Unit): string {
  if (goal === null) return '';
  return 'atLeast' in goal
    ? `>= ${valueText(goal.atLeast, unit)}`
    : `<= ${valueText(goal.atMost, unit)}`;
}

export function valueText(value: number, unit: Unit): string {
  switch (unit) {
    case 'ratio':
      return digits(value);
    case 'times':
      return `${digits(value)} x`;
    case 'seconds':
      return `${digits(value)} s`;
    case 'milliseconds':
      return `${digits(value)} ms`;
    case 'bytes':
      return bytesText(value);
    case 'operations':
      return `${Math.round(value)} ops`;
    default:
      return unit satisfies never;
  }
}

function bytesText(bytes: number): string {
  if (bytes >= 1_000_000) return `${digits(bytes / 1_000_000)} MB`;
  return bytes >= 10_000 ? `${digits(bytes / 1000)} KB` : `${Math.round(bytes)} B`;
}

/** Processor time, or time. */
export function microsText(micros: number | null | undefined): string {
  if (micros === null || micros === undefined || Number.isNaN(micros)) return '';
  if (micros >= 1_000_000) return `${digits(micros / 1_000_000)} s`;
  if (micros >= 1000) return `${digits(micros / 1000)} ms`;
  return `${digits(micros)} µs`;
}

export function digits(value: number): string {
  if (value >= 100) return value.toFixed(0);
  if (value >= 10) return value.toFixed(1);
  return value < 0.1 ? value.toFixed(3) : value.toFixed(2);
}

/** What is rarer than ten times a second is described by the time it takes. */
function rateText(side: Side | null): string {
  if (side === null) return '';
  const { perSecond } = side;
  if (perSecond >= 1000) return `${(perSecond / 1000).toFixed(1)} k/s`;
  if (perSecond >= 10) return `${perSecond.toFixed(0)} /s`;
  return `${(1 / perSecond).toFixed(2)} s`;
}
