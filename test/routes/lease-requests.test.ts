import { describe, expect, it } from 'vitest';
import { claimed, JOB, LEASE, load, update } from '../support/leasing.ts';
import { situate } from '../support/situations.ts';
import { aState } from '../support/state.ts';

const REQUESTS = ['pause', 'cancel', 'fail'] as const;
const AFTER = [
  ['pause', 'paused'],
  ['cancel', 'cancelled'],
  ['fail', 'failed'],
] as const;

describe('a request to the holder of a job', () => {
  it.each(REQUESTS)(
    'POST %s answers 202, what is asked and of whom, and when the holder is to hear of it',
    async request => {
      const { app, held } = await situate('held');
      const answer = await app.ask('POST', `${JOB}/${request}`);
      expect(answer.status).toBe(202);
      expect(answer.json).toMatchObject({
        job_id: 'job-1',
        status: 'running',
        requested: request,
        lease: { lease_id: held?.leaseId, holder: 'w-1', requested: request },
        server_time: '2026-03-04T05:06:07Z',
        expires_at: '2026-03-04T05:07:07Z',
        renew_after_ms: 20_000,
      });
    },
  );

  it('POST does not touch the job', async () => {
    const { app } = await situate('held');
    const before = (await load(app)).header('etag');
    const answer = await app.ask('POST', `${JOB}/pause`);
    expect([answer.header('etag'), (await load(app)).header('etag')]).toEqual([before, before]);
  });

  it('POST does not renew the lease', async () => {
    const { app, clock } = await situate('held');
    clock.advance(30_000);
    const answer = await app.ask('POST', `${JOB}/pause`);
    expect(answer.json).toMatchObject({ expires_at: '2026-03-04T05:07:07Z' });
  });

  it.each(REQUESTS)('the holder hears %s with each heartbeat until it does it', async request => {
    const { app, held } = await situate('held');
    const headers = held?.headers ?? {};
    await app.ask('POST', `${JOB}/${request}`, { json: { error_message: 'because' } });
    const beats = [
      await app.ask('PUT', LEASE, { headers }),
      await app.ask('PUT', LEASE, { headers }),
    ];
    const heard = { requested: request, lease: { requested: request, request_message: 'because' } };
    expect(beats.map(({ json }) => json)).toMatchObject([heard, heard]);
  });

  it('the holder hears it in a heartbeat of many', async () => {
    const { app, held } = await situate('held');
    await app.ask('POST', `${JOB}/fail`);
    const json = { beats: [{ token: held?.token }] };
    expect((await app.ask('POST', '/v1/heartbeats', { json })).json).toMatchObject({
      beats: [{ ok: true, requested: 'fail' }],
    });
  });

  it('the holder hears the last one of several', async () => {
    const { app, held } = await situate('held');
    await app.ask('POST', `${JOB}/pause`);
    await app.ask('POST', `${JOB}/cancel`);
    const beat = await app.ask('PUT', LEASE, { headers: held?.headers ?? {} });
    expect(beat.json).toMatchObject({ requested: 'cancel' });
  });

  it('the holder hears nothing of what was taken back', async () => {
    const { app, held } = await situate('held');
    await app.ask('POST', `${JOB}/cancel`, { json: { error_message: 'because' } });
    const answer = await app.ask('POST', `${JOB}/resume`);
    expect([answer.status, answer.json]).toEqual([
      200,
      { job_id: 'job-1', status: 'running', requested: null },
    ]);
    const beat = await app.ask('PUT', LEASE, { headers: held?.headers ?? {} });
    expect(beat.json).toMatchObject({ requested: null, lease: { requested: null } });
    expect(beat.text).not.toContain('because');
  });

  it('the holder may update sheets meanwhile', async () => {
    const { app, held } = await situate('held');
    await app.ask('POST', `${JOB}/pause`);
    const updated = await update(app, 1, 'completed', held ?? undefined);
    expect(updated.json).toMatchObject({ status: 'running', progress: [1, 2] });
  });

  it('the job is completed where the holder completes it meanwhile', async () => {
    const { app, held } = await situate('held');
    await app.ask('POST', `${JOB}/cancel`);
    await update(app, 1, 'completed', held ?? undefined);
    await update(app, 2, 'completed', held ?? undefined);
    expect((await load(app)).json).toMatchObject({ status: 'completed' });
  });
});

describe('a request that the holder has not heard of when it ends the lease itself', () => {
  it.each(AFTER)(
    'POST pause by the holder does what was asked: after %s the job is %s',
    async (request, after) => {
      const { app, held } = await situate('held');
      await app.ask('POST', `${JOB}/${request}`);
      const paused = await app.ask('POST', `${JOB}/pause`, { headers: held?.headers ?? {} });
      expect([paused.status, paused.json]).toMatchObject([200, { status: after }]);
    },
  );

  it('POST fail by the holder fails the job, whatever was asked', async () => {
    const { app, held } = await situate('held');
    await app.ask('POST', `${JOB}/pause`);
    const json = { error_message: 'broken' };
    await app.ask('POST', `${JOB}/fail`, { headers: held?.headers ?? {}, json });
    expect((await load(app)).json).toMatchObject({ status: 'failed', error_message: 'broken' });
  });

  // The message of a pause becomes that of a failure.
  it('POST fail by the holder without a message does not take that of a pause', async () => {
    const { app, held } = await situate('held');
    await app.ask('POST', `${JOB}/pause`, { json: { error_message: 'maintenance' } });
    await app.ask('POST', `${JOB}/fail`, { headers: held?.headers ?? {} });
    expect((await load(app)).json).not.toMatchObject({ error_message: 'maintenance' });
  });

  // A save that ends the lease does not look at what was asked: it is accepted, and lost.
  it('PUT of the job as pending by the holder does not make it claimable after cancel', async () => {
    const { app, held } = await situate('held');
    await app.ask('POST', `${JOB}/cancel`);
    await app.ask('PUT', JOB, {
      headers: { ...held?.headers, 'If-Match': '*' },
      json: aState({ status: 'pending' }),
    });
    expect(await claimed(app)).toBeNull();
  });
});

describe('a request whose holder dies before it hears of it', () => {
  it.each(AFTER)('a sweep does it: after %s the job is %s', async (request, after) => {
    const { app, clock } = await situate('held');
    await app.ask('POST', `${JOB}/${request}`, { json: { error_message: 'because' } });
    clock.advance(60_000);
    await app.ask('POST', '/v1/sweep');
    expect((await load(app)).json).toMatchObject({
      status: after,
      dalsegno: { recoveries: 0, lease: null },
    });
  });

  it('the job that was to be paused is not claimable', async () => {
    const { app, clock } = await situate('held');
    await app.ask('POST', `${JOB}/pause`);
    clock.advance(60_000);
    expect(await claimed(app)).toBeNull();
    expect((await load(app)).json).toMatchObject({ status: 'paused' });
  });

  it('the job that was to fail has the message of the request', async () => {
    const { app, clock } = await situate('held');
    await app.ask('POST', `${JOB}/fail`, { json: { error_message: 'because' } });
    clock.advance(60_000);
    await app.ask('POST', '/v1/sweep');
    expect((await load(app)).json).toMatchObject({ error_message: 'because' });
  });

  it('the job that was to be cancelled is not leased to the next who asks', async () => {
    const { app, clock } = await situate('held');
    await app.ask('POST', `${JOB}/cancel`);
    clock.advance(60_000);
    const refused = await app.ask('POST', LEASE, { json: { holder: 'w-2' } });
    expect(refused.json).toMatchObject({ code: 'job_finished', job_status: 'cancelled' });
  });

  it('the job is claimable where the request was taken back', async () => {
    const { app, clock, held } = await situate('held');
    await app.ask('POST', `${JOB}/cancel`);
    await app.ask('POST', `${JOB}/resume`);
    await update(app, 1, 'in_progress', held ?? undefined);
    clock.advance(60_000);
    await app.ask('POST', '/v1/sweep');
    expect(await claimed(app)).toBe('job-1');
  });
});
