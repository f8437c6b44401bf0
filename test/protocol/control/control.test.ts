import { describe, expect, it } from 'vitest';
import { acquire, JOB, keysOf, LEASE, load, update } from '../../support/leasing.ts';
import { aProblem } from '../../support/problem.ts';
import { situate } from '../../support/situations.ts';

const REQUESTS = ['pause', 'cancel', 'fail'] as const;
const AFTER = [
  ['pause', 'paused'],
  ['cancel', 'cancelled'],
  ['fail', 'failed'],
] as const;

describe('POST ?force=true of a job that is held', () => {
  it.each(AFTER)('POST %s is done at once: the job is %s', async (request, after) => {
    const { app } = await situate('held');
    const answer = await app.ask('POST', `${JOB}/${request}?force=true`);
    expect([answer.status, answer.json]).toEqual([
      200,
      { job_id: 'job-1', status: after, requested: null },
    ]);
    expect((await load(app)).json).toMatchObject({ status: after, dalsegno: { lease: null } });
    expect(await keysOf(app.store, 'leases/')).toEqual([]);
  });

  it.each(REQUESTS)('POST %s leaves the holder nothing to write', async request => {
    const { app, held } = await situate('held');
    await app.ask('POST', `${JOB}/${request}?force=true`);
    const headers = held?.headers ?? {};
    const json = { status: 'completed' };
    expect((await app.ask('PUT', LEASE, { headers })).status).toBe(409);
    expect((await app.ask('PUT', `${JOB}/sheets/1`, { headers, json })).status).toBe(409);
    expect((await app.ask('DELETE', LEASE, { headers })).status).toBe(409);
  });

  it('POST fail gives the job the message', async () => {
    const { app } = await situate('held');
    await app.ask('POST', `${JOB}/fail?force=true`, { json: { error_message: 'enough' } });
    expect((await load(app)).json).toMatchObject({ error_message: 'enough' });
  });

  it('POST pause counts no recovery', async () => {
    const { app } = await situate('held');
    await app.ask('POST', `${JOB}/pause?force=true`);
    expect((await load(app)).json).toMatchObject({ dalsegno: { epoch: 1, recoveries: 0 } });
  });
});

describe('POST with the token of the lease', () => {
  it.each(AFTER)('POST %s is done at once: the job is %s', async (request, after) => {
    const { app, held } = await situate('held');
    const answer = await app.ask('POST', `${JOB}/${request}`, { headers: held?.headers ?? {} });
    expect([answer.status, answer.json]).toEqual([
      200,
      { job_id: 'job-1', status: after, requested: null },
    ]);
    expect(await keysOf(app.store, 'leases/')).toEqual([]);
  });

  it('POST fail keeps the message of the holder', async () => {
    const { app, held } = await situate('held');
    const json = { error_message: 'sheet 1 failed 3 times' };
    await app.ask('POST', `${JOB}/fail`, { headers: held?.headers ?? {}, json });
    expect((await load(app)).json).toMatchObject({
      status: 'failed',
      error_message: 'sheet 1 failed 3 times',
      dalsegno: { lease: null },
    });
  });

  it.each(REQUESTS)(
    'POST %s answers lease_lost to the token of an earlier lease',
    async request => {
      const { app, held } = await situate('zombie');
      await acquire(app);
      const refused = await app.ask('POST', `${JOB}/${request}`, { headers: held?.headers ?? {} });
      expect(refused).toMatchObject(aProblem({ status: 409, code: 'lease_lost' }));
      expect((await load(app)).json).toMatchObject({ status: 'running' });
    },
  );

  it('POST fail ends the job for its holder, whatever sheet was in progress', async () => {
    const { app, held } = await situate('held');
    await update(app, 1, 'in_progress', held ?? undefined);
    await app.ask('POST', `${JOB}/fail`, { headers: held?.headers ?? {} });
    expect((await app.ask('POST', LEASE, { json: { holder: 'w-2' } })).status).toBe(409);
  });
});
