import { describe, expect, it } from 'vitest';
import { reached } from './figure.ts';
import { type Contender, compare } from './rounds.ts';

/** Answers with these rates by turns, at a processor time of a tenth of the time of each. */
function steady(name: string, rates: readonly number[], asked: string[] = []): Contender {
  let calls = 0;
  return {
    name,
    async measure() {
      asked.push(name);
      const perSecond = rates[calls++ % rates.length] ?? 0;
      return { perSecond, cpuMicros: 100_000 / perSecond, clientCpuMicros: null };
    },
  };
}

const PACE = { rounds: 2, millis: 0 };

describe('compare', () => {
  it('compare() takes the ratios within each round, and their median', async () => {
    const bare = steady('bare', [100, 200]);
    const own = { ...steady('own', [50, 50]), goal: { atLeast: 0.5 } };
    const [figure] = await compare(bare, [own], PACE);
    expect(figure).toMatchObject({ name: 'own', against: 'bare', unit: 'ratio', runtime: 'node' });
    expect(figure?.spread).toMatchObject({ min: 0.25, max: 0.5, median: 0.375 });
    expect(figure?.cpuRatio?.median).toBeCloseTo(0.375);
    expect(figure?.other).toMatchObject({ perSecond: 150 });
  });

  it('compare() turns the order round from one round to the next', async () => {
    const asked: string[] = [];
    const own = { ...steady('own', [1], asked), goal: null };
    await compare(steady('bare', [1], asked), [own], PACE);
    expect(asked).toEqual(['bare', 'own', 'own', 'bare']);
  });

  it('compare() has no ratio of processor times when one of them is unknown', async () => {
    const bare = {
      name: 'bare',
      measure: async () => ({ perSecond: 1, cpuMicros: null, clientCpuMicros: 3 }),
    };
    const [figure] = await compare(bare, [{ ...steady('own', [2]), goal: null }], PACE);
    expect(figure?.cpuRatio).toBeNull();
    expect(figure?.other).toMatchObject({ cpuMicros: null, clientCpuMicros: 3 });
  });
});

describe('goals', () => {
  it.each([
    [{ atLeast: 0.5 }, 0.5, true],
    [{ atLeast: 0.5 }, 0.49, false],
    [{ atMost: 2 }, 2, true],
    [{ atMost: 2 }, 2.1, false],
    [{ atMost: 2 }, NaN, false],
    [null, 0, true],
  ])('reached() of %j at %d is %s', (goal, value, expected) => {
    expect(reached({ goal, value })).toBe(expected);
  });
});
