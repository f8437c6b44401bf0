import { describe, expect, it } from 'vitest';
import { openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { acquire, claim, claimed, JOB, keysOf, LEASE, load, update } from '../support/leasing.ts';
import { aProblem } from '../support/problem.ts';

const LOST = aProblem({ status: 409, code: 'lease_lost', path: 'Lease-Token' });

describe('DELETE /v1/jobs/{id}/lease', () => {
  it('DELETE answers 204 without a body', async () => {
    const app = openApp();
    await app.create();
    const { headers } = await acquire(app);
    const released = await app.ask('DELETE', LEASE, { headers });
    expect([released.status, released.text]).toEqual([204, '']);
  });

  it('DELETE answers the version of the job', async () => {
    const app = openApp();
    await app.create();
    const { headers } = await acquire(app);
    const released = await app.ask('DELETE', LEASE, { headers });
    expect(released.header('etag')).toBe((await load(app)).header('etag'));
  });

  it('DELETE leaves the job paused and the lease gone', async () => {
    const app = openApp();
    await app.create();
    const { headers } = await acquire(app);
    await app.ask('DELETE', LEASE, { headers });
    expect((await load(app)).json).toMatchObject({ status: 'paused', error_message: null });
    expect(await keysOf(app.store, 'leases/')).toEqual([]);
  });

  it('DELETE makes the job claimable', async () => {
    const app = openApp();
    await app.create();
    const { headers } = await claim(app);
    await app.ask('DELETE', LEASE, { headers });
    expect(await claimed(app)).toBe('job-1');
  });

  it('DELETE makes a job claimable that was not before it was leased', async () => {
    const app = openApp();
    await app.create({ status: 'paused' });
    const { headers } = await acquire(app);
    await app.ask('DELETE', LEASE, { headers });
    expect(await claimed(app)).toBe('job-1');
  });

  it('DELETE counts no recovery', async () => {
    const app = openApp();
    await app.create();
    const { headers } = await acquire(app);
    await app.ask('DELETE', LEASE, { headers });
    expect((await load(app)).json).toMatchObject({ dalsegno: { recoveries: 0 } });
  });

  it('DELETE leaves the sheet in progress as the next one', async () => {
    const app = openApp();
    await app.create();
    const held = await acquire(app);
    await update(app, 1, 'completed', held);
    await update(app, 2, 'in_progress', held);
    await app.ask('DELETE', LEASE, { headers: held.headers });
    expect((await acquire(app)).answer.json).toMatchObject({ next_sheet: 2 });
  });

  it('DELETE answers lease_lost the second time', async () => {
    const app = openApp();
    await app.create();
    const { headers } = await acquire(app);
    await app.ask('DELETE', LEASE, { headers });
    expect(await app.ask('DELETE', LEASE, { headers })).toMatchObject(LOST);
  });

  it('DELETE does not take the job from who has it now', async () => {
    const app = openApp();
    await app.create();
    const old = await acquire(app);
    await app.ask('DELETE', LEASE, { headers: old.headers });
    const next = await acquire(app);
    expect(await app.ask('DELETE', LEASE, { headers: old.headers })).toMatchObject(LOST);
    expect((await update(app, 1, 'in_progress', next)).status).toBe(200);
    expect((await app.ask('PUT', LEASE, { headers: next.headers })).status).toBe(200);
  });

  it('DELETE by a late holder, whom nobody took the job from, hands it back', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create();
    const { headers } = await acquire(app);
    clock.advance(90_000);
    expect((await app.ask('DELETE', LEASE, { headers })).status).toBe(204);
    expect((await load(app)).json).toMatchObject({
      status: 'paused',
      dalsegno: { recoveries: 0 },
    });
  });

  it('DELETE leaves a job whose failed sheet no next one leads to paused, and out of claims', async () => {
    const app = openApp();
    await app.create({ total_sheets: 2 });
    const held = await acquire(app);
    await update(app, 1, 'failed', held);
    await update(app, 2, 'completed', held);
    await app.ask('DELETE', LEASE, { headers: held.headers });
    expect((await load(app)).json).toMatchObject({ status: 'paused' });
    expect(await claimed(app)).toBeNull();
  });

  it('DELETE answers lease_lost for a job that is not stored', async () => {
    const app = openApp();
    await app.create();
    const { headers } = await acquire(app);
    await app.ask('DELETE', `${JOB}?force=true`);
    expect(await app.ask('DELETE', LEASE, { headers })).toMatchObject(LOST);
  });
});

describe('DELETE /v1/jobs/{id}/lease with a request of an operator', () => {
  it('DELETE leaves the job paused, and not claimable, when a pause was asked for', async () => {
    const app = openApp();
    await app.create();
    const { headers } = await acquire(app);
    await app.ask('POST', `${JOB}/pause`);
    await app.ask('DELETE', LEASE, { headers });
    expect((await load(app)).json).toMatchObject({ status: 'paused' });
    expect(await claimed(app)).toBeNull();
  });

  it('DELETE cancels the job when that was asked for', async () => {
    const app = openApp();
    await app.create();
    const { headers } = await acquire(app);
    await app.ask('POST', `${JOB}/cancel`);
    await app.ask('DELETE', LEASE, { headers });
    expect((await load(app)).json).toMatchObject({
      status: 'cancelled',
      dalsegno: { lease: null },
    });
  });

  it('DELETE fails the job with the message that came with the request', async () => {
    const app = openApp();
    await app.create();
    const { headers } = await acquire(app);
    await app.ask('POST', `${JOB}/fail`, { json: { error_message: 'wrong input' } });
    await app.ask('DELETE', LEASE, { headers });
    expect((await load(app)).json).toMatchObject({
      status: 'failed',
      error_message: 'wrong input',
    });
  });

  it('DELETE makes the job claimable when the request was taken back', async () => {
    const app = openApp();
    await app.create();
    const { headers } = await acquire(app);
    await app.ask('POST', `${JOB}/pause`);
    await app.ask('POST', `${JOB}/resume`);
    await app.ask('DELETE', LEASE, { headers });
    expect(await claimed(app)).toBe('job-1');
  });
});
