import { describe, expect, it } from 'vitest';
import { UNCONDITIONAL } from '../../lib/store.ts';
import type { Answer, AppClient } from '../support/app.ts';
import { aProblem } from '../support/problem.ts';
import { aState } from '../support/state.ts';
import { dyingStore } from '../support/steps/dying-store.ts';
import { interruptedStore } from '../support/steps/interrupted-store.ts';
import {
  acquire,
  claim,
  type Granted,
  grantOf,
  JOB,
  makeWorld,
  type World,
  withToken,
} from './world.ts';

/* Schedules in which something that was acknowledged could come undone. */

const LEASE = `${JOB}/lease`;

async function held(
  app: AppClient,
): Promise<Granted & { readonly headers: Record<string, string> }> {
  await app.create();
  const granted = grantOf(await acquire(app, 'first'));
  return { ...granted, ...withToken(granted.token) };
}

function release(app: AppClient, headers: Record<string, string>): Promise<Answer> {
  return app.ask('DELETE', LEASE, { headers });
}

function update(app: AppClient, status: string, headers: Record<string, string>): Promise<Answer> {
  return app.ask('PUT', `${JOB}/sheets/1`, { json: { status }, headers });
}

/** A job whose holder's release was broken off after its first step. */
async function halfReleased(): Promise<{
  world: World;
  app: AppClient;
  headers: Record<string, string>;
}> {
  const world = makeWorld();
  const { headers } = await held(world.open());
  await release(world.open(dyingStore(world.store, 1).store), headers);
  return { world, app: world.open(), headers };
}

describe('a release that is broken off', () => {
  it('lets others have the job five seconds later', async () => {
    const { world, app } = await halfReleased();
    expect((await acquire(app, 'early')).status).toBe(409);
    world.clock.advance(5_000);
    expect((await acquire(app, 'next')).status).toBe(201);
  });

  it('counts neither as a death nor as a false alarm', async () => {
    const { world, app, headers } = await halfReleased();
    world.clock.advance(6_000);
    await app.ask('POST', '/v1/sweep');
    await release(app, headers);
    expect((await app.ask('GET', `${JOB}/why`)).json).toMatchObject({
      standing: 'waiting',
      recoveries: 0,
      false_alarms: null,
    });
  });

  it('can be asked again by the holder', async () => {
    const { app, headers } = await halfReleased();
    expect((await release(app, headers)).status).toBe(204);
    expect((await claim(app, 'next')).status).toBe(201);
  });

  it('is told of as what it is', async () => {
    const { app } = await halfReleased();
    expect((await app.ask('GET', `${JOB}/why`)).json).toMatchObject({ standing: 'ending' });
  });

  it('does not keep an operator from resuming the job', async () => {
    const { app } = await halfReleased();
    expect((await app.ask('POST', `${JOB}/resume`)).json).toMatchObject({ status: 'paused' });
    expect((await claim(app, 'next')).status).toBe(201);
  });
});

describe('a resume that comes into a release with a pause', () => {
  it('has the last word', async () => {
    const store = interruptedStore();
    const world = makeWorld(store);
    const app = world.open();
    const { headers } = await held(app);
    await app.ask('POST', `${JOB}/pause`);
    const other = world.open();
    store.before('jobs/', () => other.ask('POST', `${JOB}/resume`));
    await release(app, headers);
    expect((await claim(app, 'next')).status).toBe(201);
  });
});

describe('a resume of a job whose lease was ended', () => {
  it('does not revive the job where its holder cancels it meanwhile', async () => {
    const store = interruptedStore();
    const world = makeWorld(store);
    const { headers } = await held(world.open());
    await release(world.open(dyingStore(store, 1).store), headers);
    const holder = world.open();
    store.before('jobs/', () => holder.ask('POST', `${JOB}/cancel`, { headers }));
    const resumed = await world.open().ask('POST', `${JOB}/resume`);
    expect(resumed).toMatchObject(aProblem({ status: 409, code: 'job_finished' }));
    expect((await world.open().ask('GET', JOB)).json).toMatchObject({ status: 'cancelled' });
    expect((await claim(world.open(), 'next')).status).toBe(204);
  });
});

describe('a job whose lease object is gone', () => {
  async function stray(): Promise<{ world: World; app: AppClient }> {
    const world = makeWorld();
    await held(world.open());
    const [, leaseKey = ''] = await world.keys();
    await world.store.delete(leaseKey, UNCONDITIONAL);
    return { world, app: world.open() };
  }

  it('is recovered by a look at the jobs that run', async () => {
    const { app } = await stray();
    expect(await app.repository.missingLeases.recoverAll()).toBe(1);
    expect((await claim(app, 'next')).status).toBe(201);
  });

  it('is the only kind of job that such a look recovers', async () => {
    const world = makeWorld();
    const app = world.open();
    await held(app);
    await app.create({ job_id: 'unleased', status: 'running' });
    expect(await app.repository.missingLeases.recoverAll()).toBe(0);
    world.outlive();
    expect(await app.repository.missingLeases.recoverAll()).toBe(0);
  });
});

describe('a late copy of a call', () => {
  it.each(['in_progress', 'failed'])('%s takes back no sheet that was completed', async status => {
    const app = makeWorld().open();
    const { headers } = await held(app);
    await update(app, 'in_progress', headers);
    const completed = await update(app, 'completed', headers);
    const late = await update(app, status, headers);
    expect(late.json).toMatchObject({ next_sheet: 2, progress: [1, 3] });
    expect(late.header('etag')).toBe(completed.header('etag'));
  });

  it('of an earlier lease is refused, and a sheet may be played anew under the next one', async () => {
    const app = makeWorld().open();
    const { headers } = await held(app);
    await update(app, 'completed', headers);
    await release(app, headers);
    const next = withToken(grantOf(await acquire(app, 'second')).token).headers;
    expect((await update(app, 'in_progress', headers)).status).toBe(409);
    expect((await update(app, 'in_progress', next)).json).toMatchObject({ next_sheet: 1 });
  });
});

describe('a job with sheets that nothing leads to any more', () => {
  it('is told of with their numbers', async () => {
    const app = makeWorld().open();
    const { headers } = await held(app);
    await app.ask('PUT', `${JOB}/sheets/3`, { json: { status: 'completed' }, headers });
    await release(app, headers);
    const why = await app.ask('GET', `${JOB}/why`);
    expect(why.json).toMatchObject({ standing: 'resting', claimable: false });
    expect(why.text).toContain('(3) are not completed: 1, 2');
  });
});

describe('a corrupt state of a job that somebody holds', () => {
  async function corrupted(): Promise<{ app: AppClient; headers: Record<string, string> }> {
    const world = makeWorld();
    const app = world.open();
    const { headers } = await held(app);
    const stored = await world.store.get('jobs/job-1.json');
    const text = new TextDecoder().decode(stored?.body).replace('"job_name"', '"name"');
    await world.store.put('jobs/job-1.json', new TextEncoder().encode(text), UNCONDITIONAL);
    return { app, headers };
  }

  const overwrite = { json: aState(), headers: { 'If-Match': '*' } };

  it('is not written over by another', async () => {
    const { app } = await corrupted();
    const saved = await app.ask('PUT', JOB, overwrite);
    expect(saved).toMatchObject(aProblem({ status: 409, code: 'lease_held' }));
  });

  it('is not deleted but by force', async () => {
    const { app } = await corrupted();
    expect((await app.ask('DELETE', JOB)).status).toBe(409);
    expect((await app.ask('DELETE', `${JOB}?force=true`)).status).toBe(204);
  });

  it('is written over by the holder, and its epoch does not fall', async () => {
    const { app, headers } = await corrupted();
    const both = { ...overwrite.headers, ...headers };
    expect((await app.ask('PUT', JOB, { ...overwrite, headers: both })).status).toBe(200);
    expect(grantOf(await acquire(app, 'second')).lease.epoch).toBe(2);
  });
});

describe('requests of an operator', () => {
  it.each([
    ['pause', 'cancel', 'cancelled'],
    ['cancel', 'pause', 'cancelled'],
    ['fail', 'pause', 'failed'],
    ['cancel', 'fail', 'cancelled'],
  ])('%s and then %s come to the weightier one', async (first, second, status) => {
    const app = makeWorld().open();
    const { headers } = await held(app);
    await app.ask('POST', `${JOB}/${first}`);
    await app.ask('POST', `${JOB}/${second}`);
    await release(app, headers);
    expect((await app.ask('GET', JOB)).json).toMatchObject({ status });
  });

  it('cancel is done where the holder saves the job as paused, whenever that is broken off', async () => {
    for (const steps of [1, 2, 3]) {
      const world = makeWorld();
      const { headers } = await held(world.open());
      await world.open().ask('POST', `${JOB}/cancel`);
      const json = aState({ status: 'paused' });
      const dying = world.open(dyingStore(world.store, steps).store);
      await dying.ask('PUT', JOB, { json, headers: { ...headers, 'If-Match': '*' } });
      world.outlive();
      const app = world.open();
      await app.ask('POST', '/v1/sweep');
      expect((await app.ask('GET', JOB)).json).toMatchObject({ status: 'cancelled' });
    }
  });

  it('a pause leaves no hint behind, not even one of its own time', async () => {
    const world = makeWorld();
    const app = world.open();
    const { headers } = await held(app);
    // The hint is written, and the job is not.
    await release(world.open(dyingStore(world.store, 2).store), headers);
    await app.ask('POST', `${JOB}/pause?force=true`);
    expect((await claim(app, 'next')).status).toBe(204);
  });
});

describe('a deletion by force that is refused', () => {
  it('leaves the lease to its holder', async () => {
    const app = makeWorld().open();
    const { headers } = await held(app);
    const stale = { headers: { 'If-Match': '"none"' } };
    expect((await app.ask('DELETE', `${JOB}?force=true`, stale)).status).toBe(412);
    expect((await app.ask('PUT', LEASE, { headers })).status).toBe(200);
  });
});

describe('a job that another program paused while it was held', () => {
  it('waits for an operator when its lease has expired', async () => {
    const world = makeWorld();
    const app = world.open();
    await held(app);
    const stored = await world.store.get('jobs/job-1.json');
    const text = new TextDecoder().decode(stored?.body);
    const paused = text.replace('"status": "running"', '"status": "paused"');
    await world.store.put('jobs/job-1.json', new TextEncoder().encode(paused), UNCONDITIONAL);
    world.outlive();
    await app.ask('POST', '/v1/sweep');
    expect((await claim(app, 'next')).status).toBe(204);
    expect((await app.ask('GET', `${JOB}/why`)).json).toMatchObject({ standing: 'resting' });
  });
});
