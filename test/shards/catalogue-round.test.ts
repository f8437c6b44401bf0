import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compareCatalogues } from '../../functions/cloudflare/shards/catalogue-round.ts';
import { openWorld, type ShardWorld } from './shard-world.ts';

const BUDGET = { operations: 1_000, bodyBytes: 1, leases: 1, jobs: 10, concurrency: 1 };

let world: ShardWorld;

beforeEach(async () => {
  world = await openWorld();
});

afterEach(() => world.close());

/** Jobs that another program wrote to R2. */
async function putForeign(from: number, to: number): Promise<void> {
  for (let nth = from; nth < to; nth += 1) {
    await world.bucket.put(`jobs/foreign-${nth}.json`, new TextEncoder().encode('{}'), {});
  }
}

function compare(operations = BUDGET.operations) {
  // Each look at what was spent is one more operation.
  let spent = 0;
  const spending = {
    get operations() {
      spent += 20;
      return spent;
    },
    bodyBytes: 0,
  };
  const { store, clock } = world;
  return compareCatalogues({
    store,
    shards: 3,
    clock,
    spending,
    budget: { ...BUDGET, operations },
  });
}

describe('compareCatalogues()', () => {
  it('adds what the catalogues do not have, and is content for a day', async () => {
    await putForeign(0, 25);
    expect(await compare()).toEqual({ compared: 25, corrected: 25, isComplete: true });
    await putForeign(25, 26);
    expect(await compare()).toEqual({ compared: 0, corrected: 0, isComplete: true });
    world.clock.advance(24 * 3_600_000);
    expect(await compare()).toEqual({ compared: 26, corrected: 1, isComplete: true });
  });

  it('stops where its budget ends, and continues there with the next call', async () => {
    await putForeign(0, 25);
    expect(await compare(60)).toEqual({ compared: 20, corrected: 20, isComplete: false });
    expect(await compare(60)).toEqual({ compared: 5, corrected: 5, isComplete: true });
  });

  it('does nothing where nothing of its budget is left', async () => {
    await putForeign(0, 5);
    expect(await compare(10)).toEqual({ compared: 0, corrected: 0, isComplete: false });
  });
});
