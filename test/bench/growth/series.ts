import type { Figure, Goal, Pace, Point } from '../measure/figure.ts';
import { inRounds } from '../measure/rounds.ts';
import type { Sample } from '../measure/sample.ts';
import { medianOf, spreadOf } from '../measure/spread.ts';

/** One size of what grows, and the work that is measured at it. */
export interface Step {
  readonly at: number;
  measure(millis: number): Promise<Sample>;
  /** How many calls of the store the work makes; null where that is not counted. */
  readonly countOperations: (() => Promise<number>) | null;
}

export type Expected = 'flat' | 'grows';

/** Nothing more than this is flat: caches get colder, and maps deeper. */
const FLAT: Goal = { atMost: 3 };

/** What the largest size costs by what the smallest one does: processor time, and all sizes as points. */
export async function seriesOf(
  name: string,
  { steps, expected, pace }: { steps: readonly Step[]; expected: Expected; pace: Pace },
): Promise<Figure> {
  const contenders = steps.map(step => ({
    name: String(step.at),
    step,
    measure: (millis: number) => step.measure(millis),
  }));
  const operations: (number | null)[] = [];
  for (const { countOperations } of steps)
    operations.push(countOperations === null ? null : await countOperations());
  const { millis } = pace;
  const samples = await inRounds(contenders, {
    rounds: Math.min(pace.rounds, MOST_ROUNDS),
    millis,
  });
  const bySize = contenders.map(contender => samples.get(contender) ?? []);
  const points = steps.map((step, nth) =>
    pointOf(step.at, bySize[nth] ?? [], operations[nth] ?? null),
  );
  return seriesFigure(name, { points, costs: bySize.map(costsOf), expected });
}

const MOST_ROUNDS = 5;

/** The figure of a series whose points are known; `costs` has those of every round, for each size. */
export function seriesFigure(
  name: string,
  {
    points,
    costs,
    expected,
  }: {
    readonly points: readonly Point[];
    readonly costs: readonly (readonly number[])[];
    readonly expected: Expected;
  },
): Figure {
  const smallest = costs[0] ?? [];
  const largest = costs.at(-1) ?? [];
  const spread = spreadOf(largest.map((cost, round) => cost / (smallest[round] ?? Number.NaN)));
  const sizes = points.map(({ at }) => at.toLocaleString('en-US'));
  return {
    name: `${name}, ${sizes.at(-1) ?? ''}`,
    against: `at ${sizes[0] ?? ''}`,
    runtime: 'node',
    unit: 'times',
    value: spread.median,
    spread,
    goal: expected === 'flat' ? FLAT : null,
    cpuRatio: null,
    own: null,
    other: null,
    points,
  };
}

function pointOf(at: number, samples: readonly Sample[], operations: number | null): Point {
  return {
    at,
    wallMicros: medianOf(samples.map(({ perSecond }) => 1_000_000 / perSecond)),
    cpuMicros: medianOf(costsOf(samples)),
    operations,
  };
}

function costsOf(samples: readonly Sample[]): number[] {
  return samples.map(({ cpuMicros }) => cpuMicros ?? Number.NaN);
}
