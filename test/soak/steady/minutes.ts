import { medianOf, quantileOf } from '../../bench/measure/spread.ts';
import type { Second } from './second.ts';

/** What the seconds of one minute came to. Memory is the median, descriptors and lags are the most. */
export interface Minute {
  /** From 1 on. The last one may be shorter. */
  readonly minute: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly failures: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly rssBytes: number;
  readonly heapBytes: number;
  readonly descriptors: number | null;
  readonly lagP99Ms: number;
  readonly lagMaxMs: number;
  /** Processor time of the service by time. */
  readonly cpuShare: number;
}

const SECONDS = 60;

export function minutesOf(seconds: readonly Second[], secondsEach = SECONDS): Minute[] {
  const groups = Map.groupBy(seconds, ({ at }) => Math.floor(at / secondsEach));
  return [...groups].map(([minute, own]) => minuteOf(minute + 1, own));
}

function minuteOf(minute: number, seconds: readonly Second[]): Minute {
  const latencies = seconds
    .flatMap(({ tally }) => tally.latencies)
    .toSorted((left, right) => left - right);
  const sumOf = (value: (second: Second) => number) =>
    seconds.reduce((sum, second) => sum + value(second), 0);
  const mostOf = (value: (second: Second) => number) =>
    seconds.reduce((most, second) => Math.max(most, value(second)), 0);
  const hasDescriptors = seconds.every(({ descriptors }) => descriptors !== null);
  return {
    minute,
    seconds: seconds.length,
    perSecond: sumOf(({ tally }) => tally.done) / seconds.length,
    failures: sumOf(({ tally }) => failuresIn(tally.failures)),
    p50Ms: quantileOf(latencies, 0.5),
    p99Ms: quantileOf(latencies, 0.99),
    maxMs: latencies.at(-1) ?? Number.NaN,
    rssBytes: medianOf(seconds.map(({ rssBytes }) => rssBytes)),
    heapBytes: medianOf(seconds.map(({ heapBytes }) => heapBytes)),
    descriptors: hasDescriptors ? mostOf(({ descriptors }) => descriptors ?? 0) : null,
    lagP99Ms: medianOf(seconds.map(({ lagP99Ms }) => lagP99Ms)),
    lagMaxMs: mostOf(({ lagMaxMs }) => lagMaxMs),
    cpuShare: sumOf(({ cpuMicros }) => cpuMicros) / (seconds.length * 1_000_000),
  };
}

export function failuresIn(failures: Readonly<Record<string, number>>): number {
  return Object.values(failures).reduce((sum, count) => sum + count, 0);
}

const WIDTHS = [6, 9, 8, 10, 10, 10, 8, 8, 6, 9, 9, 6];
const NAMES = [
  'minute',
  'calls/s',
  'failed',
  'p50 ms',
  'p99 ms',
  'max ms',
  'RSS MB',
  'heap MB',
  'files',
  'lag p99',
  'lag max',
  'CPU',
];

export function minutesHead(): string {
  return row(NAMES);
}

export function minuteRow(minute: Minute): string {
  return row([
    String(minute.minute),
    minute.perSecond.toFixed(0),
    String(minute.failures),
    minute.p50Ms.toFixed(2),
    minute.p99Ms.toFixed(1),
    minute.maxMs.toFixed(0),
    megabytes(minute.rssBytes),
    megabytes(minute.heapBytes),
    minute.descriptors === null ? '' : String(minute.descriptors),
    minute.lagP99Ms.toFixed(1),
    minute.lagMaxMs.toFixed(0),
    minute.cpuShare.toFixed(2),
  ]);
}

function row(cells: readonly string[]): string {
  return cells.map((cell, at) => cell.padStart(WIDTHS[at] ?? 0)).join(' ');
}

function megabytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}
