import type { Sample } from './sample.ts';
import { medianOf, type Spread } from './spread.ts';

/** What a figure has to reach; null where it is only of interest. */
export type Goal = { readonly atLeast: number } | { readonly atMost: number } | null;

/** A ratio is a rate by a rate. `times` is a cost by the cost of the smallest size of a series. */
export type Unit = 'ratio' | 'times' | 'seconds' | 'milliseconds' | 'bytes' | 'operations';

/** The medians of one side, for one time it does its work. */
export interface Side {
  readonly perSecond: number;
  readonly wallMicros: number;
  readonly cpuMicros: number | null;
  readonly clientCpuMicros: number | null;
}

/** One size of a series. */
export interface Point {
  readonly at: number;
  readonly wallMicros: number;
  readonly cpuMicros: number;
  /** Calls of the store for one time; null where they are not counted. */
  readonly operations: number | null;
}

export type RuntimeName = 'node' | 'workerd' | 'deno';

/** One thing that was measured, mostly beside another one in turn with it. */
export interface Figure {
  readonly name: string;
  /** What it is held against; empty where it stands alone. */
  readonly against: string;
  readonly runtime: RuntimeName;
  readonly unit: Unit;
  /** The median of all rounds. */
  readonly value: number;
  readonly spread: Spread;
  readonly goal: Goal;
  /** Processor time of the other by its own: larger is cheaper. Null where it is not a ratio, or unknown. */
  readonly cpuRatio: Spread | null;
  readonly own: Side | null;
  readonly other: Side | null;
  /** The sizes of a series, ascending; empty for all others. */
  readonly points: readonly Point[];
}

/** A part of the bench: its name for `--only`, and its figures as they come. */
export interface Bench {
  readonly name: string;
  figures(pace: Pace): AsyncIterable<Figure>;
}

/** How much patience a run has. */
export interface Pace {
  readonly kind: 'full' | 'quick';
  readonly rounds: number;
  /** Of one contender in one round. */
  readonly millis: number;
  /** Whether a million jobs are measured too: four gigabytes of files, and minutes. */
  readonly million: boolean;
  readonly runtimes: readonly RuntimeName[];
}

export const AS_FAST_AS_BARE: Goal = { atLeast: 0.9 };
export const WITHIN_THREE_TIMES: Goal = { atLeast: 1 / 3 };

export function reached({ goal, value }: Pick<Figure, 'goal' | 'value'>): boolean {
  if (goal === null) return true;
  return 'atLeast' in goal ? value >= goal.atLeast : value <= goal.atMost;
}

export function isHigherBetter(unit: Unit): boolean {
  return unit === 'ratio';
}

/** What finds the same figure in another run. */
export function keyOf({ runtime, name, against }: Pick<Figure, 'runtime' | 'name' | 'against'>) {
  return `${runtime}: ${name} / ${against}`;
}

export function sideOf(samples: readonly Sample[]): Side {
  const perSecond = medianOf(samples.map(sample => sample.perSecond));
  return {
    perSecond,
    wallMicros: 1_000_000 / perSecond,
    cpuMicros: medianOfKnown(samples.map(({ cpuMicros }) => cpuMicros)),
    clientCpuMicros: medianOfKnown(samples.map(({ clientCpuMicros }) => clientCpuMicros)),
  };
}

function medianOfKnown(values: readonly (number | null)[]): number | null {
  const known = values.filter(value => value !== null);
  return known.length === 0 ? null : medianOf(known);
}
