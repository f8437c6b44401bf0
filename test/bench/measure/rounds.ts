import type { Figure, Pace, Target } from './figure.ts';

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** One thing to measure: how many times a second it does its work. */
export interface Contender {
  readonly name: string;
  measure(millis: number): Promise<number>;
}

export interface Challenger extends Contender {
  readonly target: Target;
}

const WARM_UP_SHARE = 0.5;

/**
 * Measures contenders in turn, round by round, each round in the order opposite to the one before.
 * What the machine does meanwhile happens to all of them, so the ratio within a round is what counts.
 */
export async function compare(
  bare: Contender,
  challengers: readonly Challenger[],
  { rounds, millis }: Pick<Pace, 'rounds' | 'millis'>,
): Promise<Figure[]> {
  const everyone = [bare, ...challengers];
  const rates = new Map<Contender, number[]>(everyone.map(contender => [contender, []]));
  if (millis > 0) {
    for (const contender of everyone) await contender.measure(millis * WARM_UP_SHARE);
  }
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? everyone : everyone.toReversed();
    for (const contender of order) rates.get(contender)?.push(await contender.measure(millis));
  }
  const bareRates = rates.get(bare) ?? [];
  return challengers.map(challenger => {
    const own = rates.get(challenger) ?? [];
    return {
      name: challenger.name,
      against: bare.name,
      ratio: spread(own.map((rate, round) => rate / (bareRates[round] ?? Number.NaN))),
      target: challenger.target,
      perSecond: spread(own).median,
      againstPerSecond: spread(bareRates).median,
    };
  });
}

/** How many times a second a task is done when `lanes` of them run side by side. */
export async function rateOf(
  task: (lane: number) => unknown,
  { millis, lanes = 1 }: { readonly millis: number; readonly lanes?: number },
): Promise<number> {
  const startedAt = performance.now();
  let done = 0;
  async function keepOn(lane: number): Promise<void> {
    do {
      await task(lane);
      done += 1;
    } while (performance.now() - startedAt < millis);
  }
  await Promise.all(Array.from({ length: lanes }, (_, lane) => keepOn(lane)));
  return (done * 1000) / (performance.now() - startedAt);
}

/** As `rateOf`, where each task needs a preparation that does not count. */
export async function rateAfter(
  prepare: () => unknown,
  task: () => unknown,
  millis: number,
): Promise<number> {
  let done = 0;
  let spent = 0;
  const startedAt = performance.now();
  do {
    await prepare();
    const taskAt = performance.now();
    await task();
    spent += performance.now() - taskAt;
    done += 1;
  } while (performance.now() - startedAt < millis);
  return (done * 1000) / spent;
}

function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1] ?? Number.NaN;
  const high = sorted[Math.floor(middle)] ?? Number.NaN;
  return {
    median: (low + high) / 2,
    min: sorted[0] ?? Number.NaN,
    max: sorted.at(-1) ?? Number.NaN,
  };
}
