import { describe, expect, it } from 'vitest';
import { openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import {
  acquire,
  claimed,
  JOB,
  keysOf,
  LEASE,
  load,
  STATE_KEY,
  update,
} from '../support/leasing.ts';
import { openSecondProcess } from '../support/second-process.ts';
import { aState } from '../support/state.ts';
import { interruptedStore } from '../support/steps/interrupted-store.ts';

/** A leased job of a store in which things can come to pass just before a write. */
async function open() {
  const store = interruptedStore();
  const app = openApp({ store });
  await app.create({ total_sheets: 2 });
  const held = await acquire(app);
  return { store, app, held, headers: held.headers, other: openSecondProcess(store) };
}

describe('a release that something comes between', () => {
  it('a request that comes before it ends the lease is done with it', async () => {
    const { store, app, held, headers } = await open();
    await app.ask('POST', `${JOB}/cancel`);
    store.before(held.key, () => app.ask('GET', `${JOB}/why`));
    await app.ask('DELETE', LEASE, { headers });
    expect((await load(app)).json).toMatchObject({ status: 'cancelled' });
  });

  it('a request of another process that comes as it ends the lease is done with it', async () => {
    const { store, app, held, headers, other } = await open();
    store.before(held.key, () => other.ask('POST', `${JOB}/cancel`));
    await app.ask('DELETE', LEASE, { headers });
    expect((await load(app)).json).toMatchObject({ status: 'cancelled' });
  });

  it('a claim that comes between waits for it', async () => {
    const { store, app, headers } = await open();
    const claims: Promise<string | null>[] = [];
    store.before(STATE_KEY, async () => {
      claims.push(claimed(app));
    });
    expect((await app.ask('DELETE', LEASE, { headers })).status).toBe(204);
    await Promise.all(claims);
    expect((await load(app)).json).toMatchObject({ dalsegno: { recoveries: 0 } });
  });

  // The lease is ended before the job is changed, and who is refused then counts as late.
  it('a heartbeat that comes between is no false alarm', async () => {
    const { store, app, headers } = await open();
    store.before(STATE_KEY, () => app.ask('PUT', LEASE, { headers }));
    await app.ask('DELETE', LEASE, { headers });
    expect((await app.ask('GET', `${JOB}/why`)).json).toMatchObject({ false_alarms: null });
  });

  // A lease that is ended is a dead holder's to everyone else.
  it('a sweep of another process that comes between recovers nothing', async () => {
    const { store, app, headers, other } = await open();
    store.before(STATE_KEY, () => other.ask('POST', '/v1/sweep'));
    const released = await app.ask('DELETE', LEASE, { headers });
    expect([released.status, (await load(app)).json]).toMatchObject([
      204,
      { dalsegno: { recoveries: 0 } },
    ]);
  });
});

describe('?force=true of an operator that something comes between', () => {
  it('an update of the holder that comes between counts, and the job is paused after it', async () => {
    const { store, app, held, headers, other } = await open();
    const json = { status: 'completed' };
    store.before(STATE_KEY, () => other.ask('PUT', `${JOB}/sheets/1`, { headers, json }));
    const paused = await app.ask('POST', `${JOB}/pause?force=true`);
    expect(paused.json).toMatchObject({ status: 'paused' });
    expect((await load(app)).json).toMatchObject({ sheets: { 1: { status: 'completed' } } });
    expect((await update(app, 2, 'completed', held)).status).toBe(409);
  });

  it('a heartbeat that comes between is refused', async () => {
    const { store, app, headers } = await open();
    const beats: number[] = [];
    store.before(STATE_KEY, async () => {
      beats.push((await app.ask('PUT', LEASE, { headers })).status);
    });
    await app.ask('POST', `${JOB}/pause?force=true`);
    expect(beats).toEqual([409]);
  });

  it('a heartbeat that comes between is no false alarm', async () => {
    const { store, app, headers } = await open();
    store.before(STATE_KEY, () => app.ask('PUT', LEASE, { headers }));
    await app.ask('POST', `${JOB}/pause?force=true`);
    expect((await app.ask('GET', `${JOB}/why`)).json).toMatchObject({ false_alarms: null });
  });

  it('a sweep of another process that comes between recovers nothing', async () => {
    const { store, app, other } = await open();
    store.before(STATE_KEY, () => other.ask('POST', '/v1/sweep'));
    await app.ask('POST', `${JOB}/pause?force=true`);
    expect((await load(app)).json).toMatchObject({
      status: 'paused',
      error_message: null,
      dalsegno: { recoveries: 0 },
    });
  });
});

describe('a grant that something comes between', () => {
  it('a grant of another process that comes between is the only one', async () => {
    const store = interruptedStore();
    const app = openApp({ store });
    await app.create();
    const other = openSecondProcess(store);
    const json = { holder: 'w-2' };
    store.before(STATE_KEY, () => other.ask('POST', LEASE, { json }));
    const refused = await app.ask('POST', LEASE, { json: { holder: 'w-1' } });
    expect(refused.json).toMatchObject({ code: 'lease_held', holder: 'w-2', epoch: 1 });
  });

  it('a lease that comes and goes between keeps its epoch to itself', async () => {
    const store = interruptedStore();
    const app = openApp({ store });
    await app.create();
    const other = openSecondProcess(store);
    store.before(STATE_KEY, async () => {
      const { headers } = await acquire(other);
      await other.ask('DELETE', LEASE, { headers });
    });
    const { answer } = await acquire(app);
    expect(answer.json).toMatchObject({ lease: { epoch: 2 } });
  });

  it('a job that is cancelled meanwhile is not granted', async () => {
    const store = interruptedStore();
    const app = openApp({ store });
    await app.create();
    const other = openSecondProcess(store);
    store.before(STATE_KEY, () => other.ask('POST', `${JOB}/cancel`));
    const refused = await app.ask('POST', LEASE, { json: { holder: 'w-1' } });
    expect(refused.json).toMatchObject({ code: 'job_finished', job_status: 'cancelled' });
  });

  // What a claim wants of the job is looked at before the lease is created, and not again.
  it('a job that is paused meanwhile is not claimed', async () => {
    const store = interruptedStore();
    const app = openApp({ store });
    await app.create();
    const other = openSecondProcess(store);
    store.before(STATE_KEY, () => other.ask('POST', `${JOB}/pause`));
    expect(await claimed(app)).toBeNull();
    expect((await load(app)).json).toMatchObject({ status: 'paused' });
  });

  it('a job that the same process pauses meanwhile is not claimed', async () => {
    const store = interruptedStore();
    const app = openApp({ store });
    await app.create();
    const answers: number[] = [];
    store.before('leases/', async () => {
      answers.push((await app.ask('POST', `${JOB}/pause`)).status);
    });
    expect([await claimed(app), answers]).toEqual([null, [200]]);
  });

  it('a job that is renamed meanwhile is not claimed by its old name', async () => {
    const store = interruptedStore();
    const app = openApp({ store });
    await app.create();
    const headers = { 'If-Match': '*' };
    const json = aState({ job_name: 'Another' });
    store.before('leases/', () => app.ask('PUT', JOB, { headers, json }));
    expect(await claimed(app, { job_name: 'A job' })).toBeNull();
  });

  it('a job that is deleted meanwhile is not claimed, and leaves no lease behind', async () => {
    const store = interruptedStore();
    const app = openApp({ store });
    await app.create();
    store.before('leases/', () => app.ask('DELETE', JOB));
    expect(await claimed(app)).toBeNull();
    expect(await keysOf(store, 'leases/')).toEqual([]);
  });

  it('a lease that is over before the job names it lasts from the grant on', async () => {
    const clock = frozenClock();
    const store = interruptedStore();
    const app = openApp({ store, clock });
    await app.create();
    store.before(STATE_KEY, async () => clock.advance(5000));
    const { answer } = await acquire(app, { ttl_seconds: 5 });
    expect(answer.json).toMatchObject({
      lease: { epoch: 1, renewals: 0 },
      expires_at: '2026-03-04T05:06:17Z',
    });
  });

  it('a lease that a sweep removes before the job names it is granted to nobody', async () => {
    const clock = frozenClock();
    const store = interruptedStore();
    const app = openApp({ store, clock });
    await app.create();
    const other = openSecondProcess(store, clock);
    store.before(STATE_KEY, async () => {
      clock.advance(5000);
      await other.ask('POST', '/v1/sweep');
    });
    const { answer } = await acquire(app, { ttl_seconds: 5 });
    expect(answer.json).toMatchObject({ lease: { epoch: 2 } });
  });
});

describe('a write without a token that something comes between', () => {
  it('is refused where the job is leased meanwhile', async () => {
    const store = interruptedStore();
    const app = openApp({ store });
    await app.create();
    const other = openSecondProcess(store);
    store.before(STATE_KEY, () => other.ask('POST', LEASE, { json: { holder: 'w-2' } }));
    expect((await update(app, 1, 'completed')).json).toMatchObject({
      code: 'lease_held',
      holder: 'w-2',
    });
  });
});
