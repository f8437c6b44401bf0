import type { Counted } from '../metrics/text.ts';

/** The upper ends of the buckets, in seconds: from an answer out of memory to a slow bucket of the cloud. */
export const SECONDS_BOUNDS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const;

/** Counts durations by buckets. An observation takes some 20 ns. */
export interface Histogram {
  observe(seconds: number): void;
  read(): Counted;
}

export function createHistogram(bounds: readonly number[] = SECONDS_BOUNDS): Histogram {
  const counts = Array.from({ length: bounds.length + 1 }, () => 0);
  let sum = 0;
  return {
    observe(seconds) {
      let nth = 0;
      while (nth < bounds.length && seconds > (bounds[nth] ?? 0)) nth += 1;
      counts[nth] = (counts[nth] ?? 0) + 1;
      sum += seconds;
    },
    read: () => ({ counts: [...counts], sum }),
  };
}
