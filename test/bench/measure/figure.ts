import type { Spread } from './rounds.ts';

/** What a figure has to reach; null where it is only of interest. */
export type Target =
  | { readonly kind: 'ratio'; readonly atLeast: number }
  | { readonly kind: 'seconds'; readonly atMost: number }
  | null;

/** How fast one thing is beside another one that was measured in turn with it. */
export interface Figure {
  readonly name: string;
  readonly against: string;
  /** Rate by rate of what it is held against: larger is faster, 1 is as fast. */
  readonly ratio: Spread;
  readonly target: Target;
  /** Times a second, the medians of all rounds: a hint, for they are of this machine at this hour. */
  readonly perSecond: number;
  readonly againstPerSecond: number;
}

/** A figure file: its name for `--only`, and its figures as they come. */
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
}

export const AS_FAST_AS_BARE: Target = { kind: 'ratio', atLeast: 0.9 };

export function reached({ ratio, target, perSecond }: Figure): boolean {
  if (target === null) return true;
  if (target.kind === 'ratio') return ratio.median >= target.atLeast;
  return 1 / perSecond <= target.atMost;
}
