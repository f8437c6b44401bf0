/** What the rounds of one figure came to. The middle half lies between `low` and `high`. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly low: number;
  readonly high: number;
  readonly max: number;
}

/** NaN everywhere where there are no values. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((left, right) => left - right);
  return {
    median: quantileOf(sorted, 0.5),
    min: quantileOf(sorted, 0),
    low: quantileOf(sorted, 0.25),
    high: quantileOf(sorted, 0.75),
    max: quantileOf(sorted, 1),
  };
}

/** Of ascending values, between two of which it lies on a line; NaN where there are none. */
export function quantileOf(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}

export function medianOf(values: readonly number[]): number {
  return spreadOf(values).median;
}
