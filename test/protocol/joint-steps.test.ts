import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { openApp } from '../support/app.ts';
import {
  acquire,
  claim,
  claimed,
  JOB,
  keysOf,
  LEASE,
  load,
  STATE_KEY,
  update,
} from '../support/leasing.ts';
import { interruptedStore } from '../support/steps/interrupted-store.ts';
import { withJointWrites } from '../support/steps/joint-writes.ts';
import { withSeparatePuts } from '../support/steps/separate-puts.ts';

/** A service on a store that makes several writes in one step, with the writes that it is asked for. */
function openJoint() {
  const inner = withJointWrites(withSeparatePuts(createMemoryStore()));
  const store = interruptedStore(inner);
  const steps: string[] = [];
  const counted = {
    ...store,
    put(...call: Parameters<typeof store.put>) {
      steps.push(`put ${call[0]}`);
      return store.put(...call);
    },
    delete(...call: Parameters<typeof store.delete>) {
      steps.push(`delete ${call[0]}`);
      return store.delete(...call);
    },
    putWith(...call: Parameters<typeof inner.putWith>) {
      const [key, , others] = call;
      steps.push([key, ...others.map(other => `${other.kind} ${other.key}`)].join(', '));
      return (store.putWith ?? inner.putWith)(...call);
    },
  };
  return {
    app: openApp({ store: counted }),
    other: openApp({ store: inner, seed: 2 }),
    store,
    steps,
  };
}

async function objectsOf({ app }: ReturnType<typeof openJoint>): Promise<string[]> {
  return [...(await keysOf(app.store, 'leases/')), ...(await keysOf(app.store, 'ready/'))];
}

describe('a store that makes several writes in one step', () => {
  it('gets a creation, a claim, a release and the last update each as one', async () => {
    const world = openJoint();
    const { app, steps } = world;
    await app.create({ total_sheets: 1 });
    const [hint = ''] = await objectsOf(world);
    const first = await claim(app);
    expect(await objectsOf(world)).toEqual([first.key]);
    await app.ask('DELETE', LEASE, { headers: first.headers });
    const [again = ''] = await objectsOf(world);
    const second = await claim(app);
    await update(app, 1, 'completed', second);
    expect(await objectsOf(world)).toEqual([]);
    expect(steps).toEqual([
      `${STATE_KEY}, put ${hint}`,
      `${STATE_KEY}, delete ${hint}, put ${first.key}`,
      `${STATE_KEY}, put ${again}, delete ${first.key}`,
      `${STATE_KEY}, delete ${again}, put ${second.key}`,
      `${STATE_KEY}, delete ${second.key}`,
    ]);
  });

  it('grants a job to one of two processes, and nothing is left of the other try', async () => {
    const world = openJoint();
    const { app, other, store } = world;
    await app.create();
    store.before('leases/', () => acquire(other));
    expect(await claimed(app)).toBeNull();
    expect(await objectsOf(world)).toHaveLength(1);
    expect((await load(app)).json).toMatchObject({ dalsegno: { epoch: 1 } });
  });

  it('keeps the progress of a heartbeat that comes while the lease is released', async () => {
    const { app, other, store } = openJoint();
    await app.create();
    const { headers } = await acquire(app);
    store.before(STATE_KEY, () =>
      other.ask('PUT', LEASE, { headers, json: { progress: { done: 7 }, sheet: 1 } }),
    );
    expect((await app.ask('DELETE', LEASE, { headers })).status).toBe(204);
    expect((await load(app)).json).toMatchObject({
      status: 'paused',
      dalsegno: { progress: { progress: { done: 7 } } },
    });
  });

  it('carries out a request of an operator that comes while the lease is released', async () => {
    const world = openJoint();
    const { app, other, store } = world;
    await app.create();
    const { headers } = await acquire(app);
    store.before(STATE_KEY, () => other.ask('POST', `${JOB}/cancel`));
    await app.ask('DELETE', LEASE, { headers });
    expect((await load(app)).json).toMatchObject({ status: 'cancelled' });
    expect(await objectsOf(world)).toEqual([]);
  });

  it('does not end a lease by a release with the token of an earlier one', async () => {
    const world = openJoint();
    const { app } = world;
    await app.create();
    const early = await acquire(app);
    await app.ask('DELETE', LEASE, { headers: early.headers });
    const late = await acquire(app);
    expect((await app.ask('DELETE', LEASE, { headers: early.headers })).status).toBe(409);
    expect(await objectsOf(world)).toEqual([late.key]);
  });
});
