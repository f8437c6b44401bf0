import { type Figure, type Goal, type RuntimeName, sideOf, type Unit } from './figure.ts';
import type { Sample } from './sample.ts';
import { spreadOf } from './spread.ts';

/** A figure that is held against nothing but its goal. */
export function standingAlone(
  name: string,
  {
    unit,
    values,
    goal,
    runtime = 'node',
    samples = [],
  }: {
    readonly unit: Exclude<Unit, 'ratio'>;
    /** One of each round. */
    readonly values: readonly number[];
    readonly goal: Goal;
    readonly runtime?: RuntimeName;
    /** Where the value is a time: what it cost. */
    readonly samples?: readonly Sample[];
  },
): Figure {
  const spread = spreadOf(values);
  return {
    name,
    against: '',
    runtime,
    unit,
    value: spread.median,
    spread,
    goal,
    cpuRatio: null,
    own: samples.length === 0 ? null : sideOf(samples),
    other: null,
    points: [],
  };
}

/** How long one thing takes, in seconds. */
export function secondsOf(name: string, samples: readonly Sample[], goal: Goal): Figure {
  const values = samples.map(({ perSecond }) => 1 / perSecond);
  return standingAlone(name, { unit: 'seconds', values, goal, samples });
}
