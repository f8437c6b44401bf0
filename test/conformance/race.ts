import { describe, expect, it } from 'vitest';
import type { StoreTraits } from '../../lib/store.ts';
import { ABSENT, atVersion, type ObjectStore } from '../../lib/store.ts';
import { cases } from '../support/effort.ts';
import { bodyOf, textOf } from './body.ts';
import { increment } from './increment.ts';
import type { Medium, OpenMedium } from './medium.ts';
import { write } from './write.ts';

const KEY = 'jobs/a.json';
const RACERS = 32;
const ROUNDS = cases(2);

/** Where a conditional write has exactly one winner. */
export function specifyRaces(medium: OpenMedium, traits: StoreTraits): void {
  it('put() has exactly one winner when 32 expect the same version', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const version = await write(medium().left, KEY, `start of ${round}`);
      const outcomes = await race(medium(), (store, racer) =>
        store.put(KEY, bodyOf(`racer ${racer}`), atVersion(version)),
      );
      const winners = outcomes.flatMap((won, racer) => (won === null ? [] : [racer]));
      expect(winners).toHaveLength(1);
      expect(textOf((await medium().left.get(KEY))?.body)).toBe(`racer ${winners[0]}`);
    }
  });

  it('put() has exactly one winner when 32 expect absence', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const key = `leases/a.${round}.json`;
      const outcomes = await race(medium(), (store, racer) =>
        store.put(key, bodyOf(`racer ${racer}`), ABSENT),
      );
      const winners = outcomes.flatMap((won, racer) => (won === null ? [] : [racer]));
      expect(winners).toHaveLength(1);
      expect(textOf((await medium().right.get(key))?.body)).toBe(`racer ${winners[0]}`);
    }
  });

  it('put() loses none of 32 increments by 8 writers', async () => {
    const { left, right } = medium();
    await write(left, KEY, '0');
    const writers = Array.from({ length: 8 }, (_, writer) => (writer % 2 === 0 ? left : right));
    await Promise.all(
      writers.map(async store => {
        for (let done = 0; done < 4; done += 1) await increment(store, KEY);
      }),
    );
    expect(textOf((await left.get(KEY))?.body)).toBe('32');
  });

  it('get() never sees a body in part while it is replaced', async () => {
    const { left, right } = medium();
    await write(left, KEY, '0'.repeat(100_000));
    const writing = repeat(cases(10), round =>
      write(left, KEY, String(round % 10).repeat(100_000)),
    );
    const bodies = await repeat(cases(30), async () => textOf((await right.get(KEY))?.body) ?? '');
    await writing;
    expect(bodies.filter(body => !/^(\d)\1{99999}$/.test(body))).toEqual([]);
  });

  describe.runIf(traits.conditionalDelete)('with conditional deletes', () => {
    it('delete() has exactly one winner when 32 expect the same version', async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const version = await write(medium().left, KEY, `start of ${round}`);
        const outcomes = await race(medium(), store => store.delete(KEY, atVersion(version)));
        expect(outcomes.filter(Boolean)).toHaveLength(1);
      }
    });

    it('put() and delete() have one winner in all when they expect the same version', async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const version = await write(medium().left, KEY, `start of ${round}`);
        const outcomes = await Promise.all([
          medium().left.put(KEY, bodyOf('written'), atVersion(version)),
          medium().right.delete(KEY, atVersion(version)),
        ]);
        const won = [outcomes[0] !== null, outcomes[1]];
        expect(won.filter(Boolean)).toHaveLength(1);
      }
    });
  });

  describe.runIf(!traits.conditionalDelete)('with deletes that read first', () => {
    it('delete() has winners when 32 expect the same version', async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const version = await write(medium().left, KEY, `start of ${round}`);
        const outcomes = await race(medium(), store => store.delete(KEY, atVersion(version)));
        expect(outcomes).toContain(true);
        expect(await medium().left.head(KEY)).toBeNull();
      }
    });

    it('put() and delete() have a winner, or both win, when they expect the same version', async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const version = await write(medium().left, KEY, `start of ${round}`);
        const outcomes = await Promise.all([
          medium().left.put(KEY, bodyOf('written'), atVersion(version)),
          medium().right.delete(KEY, atVersion(version)),
        ]);
        expect([outcomes[0] !== null, outcomes[1]]).toContain(true);
      }
    });
  });
}

/** For media where a conditional write first reads and then writes. */
export function specifyLostRaces(medium: OpenMedium): void {
  it('put() has winners, and stores one of them, when 32 expect the same version', async () => {
    const version = await write(medium().left, KEY, 'start');
    const outcomes = await race(medium(), (store, racer) =>
      store.put(KEY, bodyOf(`racer ${racer}`), atVersion(version)),
    );
    const winners = outcomes.flatMap((won, racer) => (won === null ? [] : [`racer ${racer}`]));
    expect(winners).toContain(textOf((await medium().left.get(KEY))?.body));
  });

  it('put() has winners, and stores one of them, when 32 expect absence', async () => {
    const outcomes = await race(medium(), (store, racer) =>
      store.put(KEY, bodyOf(`racer ${racer}`), ABSENT),
    );
    const winners = outcomes.flatMap((won, racer) => (won === null ? [] : [`racer ${racer}`]));
    expect(winners).toContain(textOf((await medium().right.get(KEY))?.body));
  });
}

/** Every racer at once, half of them through each handle. */
async function race<T>(
  { left, right }: Medium,
  run: (store: ObjectStore, racer: number) => Promise<T>,
): Promise<T[]> {
  const racers = Array.from({ length: RACERS }, (_, racer) => racer);
  return Promise.all(racers.map(racer => run(racer % 2 === 0 ? left : right, racer)));
}

async function repeat<T>(times: number, run: (round: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let round = 0; round < times; round += 1) results.push(await run(round));
  return results;
}
