import { medianOf } from '../../bench/measure/spread.ts';
import { failuresIn, minutesOf } from './minutes.ts';
import type { Second } from './second.ts';

/** What became of one measure from the first third of the time to the last. */
export interface Trend {
  readonly name: string;
  readonly first: number;
  readonly middle: number;
  readonly last: number;
  readonly grows: boolean;
}

export interface Verdict {
  readonly trends: readonly Trend[];
  readonly failures: number;
  /** Nothing grows, and nothing failed. */
  readonly isSteady: boolean;
}

/** The first fifth does not count: caches fill, and the engine compiles. */
const WARM_UP_SHARE = 0.2;
/** Latencies are compared by so many parts of the time, however short it was. */
const PARTS = 15;

interface Rule {
  /** The last third by the first: more is growth. */
  readonly factor: number;
  /** The last third by the middle one: less is growth that has ended. */
  readonly still: number;
  /** Less than this is none, whatever the factors say. */
  readonly least: number;
}

const MEGABYTE = 2 ** 20;
const MEMORY: Rule = { factor: 1.1, still: 1.03, least: 8 * MEGABYTE };
const DESCRIPTORS: Rule = { factor: 1.1, still: 1, least: 4 };
/** What else runs on the machine changes it most. */
const LATENCY: Rule = { factor: 1.5, still: 1.1, least: 5 };

/** Whether memory, descriptors or latency grow without an end in sight. */
export function verdictOn(seconds: readonly Second[]): Verdict {
  const warm = seconds.slice(Math.floor(seconds.length * WARM_UP_SHARE));
  const from = warm[0]?.at ?? 0;
  const parts = minutesOf(
    warm.map(second => ({ ...second, at: second.at - from })),
    Math.max(1, Math.ceil(warm.length / PARTS)),
  );
  const trends = [
    trendOf(
      'resident memory',
      MEMORY,
      warm.map(({ rssBytes }) => rssBytes),
    ),
    trendOf(
      'heap',
      MEMORY,
      warm.map(({ heapBytes }) => heapBytes),
    ),
    trendOf(
      'descriptors',
      DESCRIPTORS,
      warm.flatMap(({ descriptors }) => descriptors ?? []),
    ),
    trendOf(
      'p50',
      LATENCY,
      parts.map(({ p50Ms }) => p50Ms),
    ),
    trendOf(
      'p99',
      LATENCY,
      parts.map(({ p99Ms }) => p99Ms),
    ),
  ];
  const failures = seconds.reduce((sum, { tally }) => sum + failuresIn(tally.failures), 0);
  return { trends, failures, isSteady: failures === 0 && !trends.some(({ grows }) => grows) };
}

/** Grows if the median of the last third is above that of the first, and still above that of the middle one. */
export function trendOf(name: string, rule: Rule, values: readonly number[]): Trend {
  const third = Math.floor(values.length / 3);
  const first = medianOf(values.slice(0, third));
  const middle = medianOf(values.slice(third, values.length - third));
  const last = medianOf(values.slice(values.length - third));
  const grows =
    last - first >= rule.least && last > first * rule.factor && last > middle * rule.still;
  return { name, first, middle, last, grows };
}

export function verdictText({ trends, failures, isSteady }: Verdict): string {
  const lines = trends.map(({ name, first, middle, last, grows }) => {
    const said = [first, middle, last].map(value => valueText(name, value)).join(' -> ');
    return `${name.padEnd(16)} ${said}${grows ? '  GROWS' : ''}`;
  });
  const failed = failures === 0 ? 'no call failed' : `${failures} calls FAILED`;
  return [...lines, `${isSteady ? 'Steady' : 'NOT STEADY'}: ${failed}`].join('\n');
}

function valueText(name: string, value: number): string {
  if (name === 'descriptors') return value.toFixed(0);
  if (name.startsWith('p')) return `${value.toFixed(1)} ms`;
  return `${(value / MEGABYTE).toFixed(0)} MB`;
}
