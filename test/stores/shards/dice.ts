import { seededRandom } from '../../support/random.ts';

/** What happens in a random test, by its seed. */
export interface Dice {
  of<T>(values: readonly T[]): T;
  upTo(limit: number): number;
  chance(share: number): boolean;
}

/** The same for the same seed. */
export function diceOf(seed: number): Dice {
  const random = seededRandom(seed);
  const upTo = (limit: number) => Math.floor(random.fraction() * limit);
  return {
    upTo,
    of(values) {
      const value = values[upTo(values.length)];
      if (value === undefined) throw new Error('Nothing to choose from');
      return value;
    },
    chance: share => upTo(1_000) < share * 1_000,
  };
}
