import { type Figure, type Goal, type Pace, type RuntimeName, sideOf } from './figure.ts';
import type { Sample } from './sample.ts';
import { type Spread, spreadOf } from './spread.ts';

/** One thing to measure: how often it does its work, and at which cost. */
export interface Contender {
  readonly name: string;
  measure(millis: number): Promise<Sample>;
}

export interface Challenger extends Contender {
  readonly goal: Goal;
}

export type Rounds = Pick<Pace, 'rounds' | 'millis'> & { readonly runtime?: RuntimeName };

/** The engine compiles what runs often, after some time. */
const WARM_UP_MS = 400;

/**
 * Measures contenders in turn, round by round, each round in the order opposite to the one before.
 * What the machine does meanwhile happens to all of them, so the ratio within a round is what counts.
 */
export async function compare(
  bare: Contender,
  challengers: readonly Challenger[],
  { runtime = 'node', ...pace }: Rounds,
): Promise<Figure[]> {
  const samples = await inRounds([bare, ...challengers], pace);
  const ofBare = samples.get(bare) ?? [];
  return challengers.map(challenger => {
    const own = samples.get(challenger) ?? [];
    const ratio = spreadOf(own.map((sample, at) => sample.perSecond / rateIn(ofBare, at)));
    return {
      name: challenger.name,
      against: bare.name,
      runtime,
      unit: 'ratio',
      value: ratio.median,
      spread: ratio,
      goal: challenger.goal,
      cpuRatio: cpuRatioOf(own, ofBare),
      own: sideOf(own),
      other: sideOf(ofBare),
      points: [],
    };
  });
}

/** The samples of each, one for every round. */
export async function inRounds<T extends Contender>(
  everyone: readonly T[],
  { rounds, millis }: Pick<Pace, 'rounds' | 'millis'>,
): Promise<ReadonlyMap<T, readonly Sample[]>> {
  const samples = new Map<T, Sample[]>(everyone.map(contender => [contender, []]));
  if (millis > 0) {
    for (const contender of everyone) await contender.measure(WARM_UP_MS);
  }
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? everyone : everyone.toReversed();
    for (const contender of order) samples.get(contender)?.push(await contender.measure(millis));
  }
  return samples;
}

function rateIn(samples: readonly Sample[], round: number): number {
  return samples[round]?.perSecond ?? Number.NaN;
}

/** Of the rounds in which both are known. */
function cpuRatioOf(own: readonly Sample[], bare: readonly Sample[]): Spread | null {
  const ratios = own.flatMap(({ cpuMicros }, round) => {
    const other = bare[round]?.cpuMicros ?? null;
    return cpuMicros === null || other === null || cpuMicros === 0 ? [] : [other / cpuMicros];
  });
  return ratios.length === 0 ? null : spreadOf(ratios);
}
