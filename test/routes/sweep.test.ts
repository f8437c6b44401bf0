import { describe, expect, it } from 'vitest';
import { openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { acquire, beat, claimed, keysOf, load, STATE_KEY, storedText } from '../support/leasing.ts';
import { aProblem } from '../support/problem.ts';
import { situate } from '../support/situations.ts';
import { acquireMany, NOTHING } from './sweep-setup.ts';

const SWEEP = '/v1/sweep';
describe('POST /v1/sweep', () => {
  it('POST reports nothing where nothing is leased', async () => {
    const { app } = await situate('pending');
    const swept = await app.ask('POST', SWEEP);
    expect([swept.status, swept.json]).toEqual([200, NOTHING]);
  });

  it('POST leaves live leases alone', async () => {
    const { app, clock } = await situate('held');
    clock.advance(59_999);
    const before = (await load(app)).header('etag');
    expect((await app.ask('POST', SWEEP)).json).toEqual({ ...NOTHING, examined: 1 });
    expect((await load(app)).header('etag')).toBe(before);
  });

  it('POST takes a job from a dead holder, and makes it claimable', async () => {
    const { app } = await situate('zombie');
    expect((await app.ask('POST', SWEEP)).json).toEqual({ ...NOTHING, examined: 1, recovered: 1 });
    expect(JSON.parse(await storedText(app.store))).toMatchObject({
      status: 'paused',
      dalsegno: { epoch: 1, recoveries: 1, lease: null },
    });
    expect(await keysOf(app.store, 'leases/')).toEqual([]);
    expect(await claimed(app)).toBe('job-1');
  });

  it('POST finds nothing the second time', async () => {
    const { app } = await situate('zombie');
    await app.ask('POST', SWEEP);
    const version = await app.store.head(STATE_KEY);
    expect((await app.ask('POST', SWEEP)).json).toEqual(NOTHING);
    expect(await app.store.head(STATE_KEY)).toBe(version);
  });

  it('POST counts what it does with each of many', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await acquireMany(app, 5);
    await app.ask('POST', '/v1/jobs/job-2/cancel');
    await app.ask('POST', '/v1/jobs/job-3/fail');
    await app.ask('POST', '/v1/jobs/job-4/pause');
    clock.advance(60_000);
    await app.create({ job_id: 'live' });
    await acquire(app, { path: '/v1/jobs/live' });
    expect((await app.ask('POST', SWEEP)).json).toEqual({
      ...NOTHING,
      examined: 6,
      recovered: 3,
      failed: 1,
      cancelled: 1,
    });
  });

  it('POST recovers each job once where two sweep at once', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await acquireMany(app, 3);
    await app.create({ job_id: 'job-4' });
    await beat(app, await acquire(app, { path: '/v1/jobs/job-4' }), '/v1/jobs/job-4');
    clock.advance(60_000);
    await Promise.all([app.ask('POST', SWEEP), app.ask('POST', SWEEP)]);
    expect((await load(app, '/v1/jobs/job-4')).json).toMatchObject({ dalsegno: { recoveries: 1 } });
    expect(await keysOf(app.store, 'leases/')).toEqual([]);
  });

  it('POST leaves a running job alone that was never leased', async () => {
    const { app, clock } = await situate('unleased');
    clock.advance(1e9);
    expect((await app.ask('POST', SWEEP)).json).toEqual(NOTHING);
  });
});

describe('POST /v1/sweep with a limit and a cursor', () => {
  it('POST goes on where the last pass stopped, to the end', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    const keys = (await acquireMany(app, 5)).toSorted();
    clock.advance(60_000);
    const first = await app.ask('POST', `${SWEEP}?limit=2`);
    expect(first.json).toMatchObject({ examined: 2, recovered: 2, cursor: keys[1] });
    const second = await app.ask('POST', `${SWEEP}?limit=2&cursor=${keys[1]}`);
    expect(second.json).toMatchObject({ examined: 2, recovered: 2, cursor: keys[3] });
    const third = await app.ask('POST', `${SWEEP}?limit=2&cursor=${keys[3]}`);
    expect(third.json).toMatchObject({ examined: 1, recovered: 1, cursor: null });
  });

  it('POST gives no cursor where the limit is just enough', async () => {
    const app = openApp();
    await acquireMany(app, 2);
    expect((await app.ask('POST', `${SWEEP}?limit=2`)).json).toMatchObject({
      examined: 2,
      cursor: null,
    });
  });

  it.each(['x', '', 'jobs/a.json', 'ready/'])('POST refuses the cursor "%s"', async cursor => {
    const app = openApp();
    const refused = await app.ask('POST', `${SWEEP}?cursor=${cursor}`);
    expect(refused).toMatchObject(aProblem({ status: 422, code: 'invalid', path: '?cursor' }));
  });

  it.each(['0', '10001', '-1', '1.5', 'x', ''])('POST refuses the limit "%s"', async limit => {
    const app = openApp();
    const refused = await app.ask('POST', `${SWEEP}?limit=${limit}`);
    expect(refused).toMatchObject(aProblem({ status: 422, code: 'invalid', path: '?limit' }));
  });
});
