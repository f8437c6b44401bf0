import { describe, expect, it } from 'vitest';
import { type ObjectStore, StoreError, UNCONDITIONAL } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { acquire, COMPLETED, JOB, keysOf, load, STATE_KEY, update } from '../support/leasing.ts';
import { aProblem } from '../support/problem.ts';
import { withJointWrites } from '../support/steps/joint-writes.ts';

/** A store that is not reachable from a write of the job on, which it carries out or not, until it is again. */
function failingStore(isCarriedOut: boolean, inner: ObjectStore) {
  let state: 'well' | 'failing' | 'away' = 'well';

  async function reached<T>(task: () => Promise<T>): Promise<T> {
    if (state === 'away') throw new StoreError('The store cannot be reached');
    return task();
  }

  const store: ObjectStore = {
    ...inner,
    get: key => reached(() => inner.get(key)),
    head: key => reached(() => inner.head(key)),
    async put(...call) {
      if (state === 'failing' && call[0] === STATE_KEY) {
        if (isCarriedOut) await inner.put(...call);
        state = 'away';
      }
      return reached(() => inner.put(...call));
    },
    delete: (...call) => reached(() => inner.delete(...call)),
    ...(inner.putWith === undefined
      ? {}
      : {
          async putWith(...call) {
            if (state === 'failing' && call[0] === STATE_KEY) {
              if (isCarriedOut) await inner.putWith?.(...call);
              state = 'away';
            }
            return reached(async () => (await inner.putWith?.(...call)) ?? null);
          },
        }),
  };
  return {
    store,
    fail: () => {
      state = 'failing';
    },
    mend: () => {
      state = 'well';
    },
  };
}

async function holdLastSheet(isCarriedOut: boolean, inner: ObjectStore = createMemoryStore()) {
  const medium = failingStore(isCarriedOut, inner);
  const app = openApp({ store: medium.store });
  await app.create({ total_sheets: 1 });
  const held = await acquire(app);
  medium.fail();
  expect((await update(app, 1, 'completed', held)).status).toBe(503);
  medium.mend();
  return { app, held, medium };
}

describe.each([
  ['makes each write in a step of its own', createMemoryStore],
  ['removes the lease in the step of the save', () => withJointWrites(createMemoryStore())],
])('the update that ends a lease, after the store failed in it, which %s', (_name, openInner) => {
  it.each([
    ['was', true, 'the same process'],
    ['was not', false, 'the same process'],
    ['was', true, 'another process'],
    ['was not', false, 'another process'],
  ])('PUT is answered as the first time when it %s carried out', async (_, isDone, where) => {
    const { app, held, medium } = await holdLastSheet(isDone, openInner());
    const asked = where === 'the same process' ? app : openApp({ store: medium.store, seed: 2 });
    for (let count = 0; count < 2; count += 1) {
      const { status, json } = await update(asked, 1, 'completed', held);
      expect([status, json]).toEqual([
        200,
        expect.objectContaining({ status: 'completed', next_sheet: null, progress: [1, 1] }),
      ]);
    }
    expect((await load(app)).json).toMatchObject(COMPLETED);
    expect(await keysOf(app.store, 'leases/')).toEqual([]);
  });

  it('PUT of another update is refused', async () => {
    const { app, held } = await holdLastSheet(true, openInner());
    const other = await update(app, 1, 'skipped', held);
    expect(other).toMatchObject(aProblem({ status: 409, code: 'lease_lost' }));
  });

  it('PUT with another secret is refused', async () => {
    const { app, held } = await holdLastSheet(true, openInner());
    const forged = await app.ask('PUT', `${JOB}/sheets/1`, {
      json: { status: 'completed' },
      headers: { 'Lease-Token': held.token.replace(/.$/, 'Z') },
    });
    expect(forged).toMatchObject(aProblem({ status: 409, code: 'lease_lost' }));
  });

  it('PUT is refused when another one has completed the job instead', async () => {
    const { app, held, medium } = await holdLastSheet(false, openInner());
    const other = openApp({ store: medium.store, seed: 2 });
    await other.ask('POST', `${JOB}/complete?force=true`);
    const again = await update(app, 1, 'completed', held);
    expect(again).toMatchObject(aProblem({ status: 409, code: 'lease_lost' }));
  });

  it('PUT of an earlier holder is refused when a later one has completed the job', async () => {
    const clock = frozenClock();
    const store = openInner();
    const app = openApp({ store, clock });
    await app.create({ total_sheets: 1 });
    const early = await acquire(app);
    const left = await store.get(early.key);
    clock.advance(61_000);
    await app.ask('POST', '/v1/sweep');
    const late = await acquire(app, { holder: 'w-2' });
    expect((await update(app, 1, 'completed', late)).status).toBe(200);
    // Even if the object of its lease came back.
    if (left !== null) await store.put(early.key, left.body, UNCONDITIONAL);
    const again = await update(openApp({ store, clock, seed: 2 }), 1, 'completed', early);
    expect(again).toMatchObject(aProblem({ status: 409, code: 'lease_lost' }));
  });
});
