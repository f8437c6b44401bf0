import { describe, expect, it } from 'vitest';
import { openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import {
  acquire,
  beat,
  JOB,
  keysOf,
  LEASE,
  leaseOf,
  load,
  STATE_KEY,
  storedText,
  update,
  write,
} from '../support/leasing.ts';
import { aProblem } from '../support/problem.ts';
import { openSecondProcess } from '../support/second-process.ts';

const ASK = { holder: 'w-2' };

describe('POST /v1/jobs/{id}/lease', () => {
  it('POST answers the lease, its token, the state, the next sheet and when to renew', async () => {
    const app = openApp();
    await app.create();
    const granted = await app.ask('POST', LEASE, { json: { holder: 'w-1', ttl_seconds: 30 } });
    expect(granted.status).toBe(201);
    expect(granted.json).toEqual({
      lease: {
        job_id: 'job-1',
        lease_id: expect.stringMatching(/^[0-9a-f]{32}$/),
        epoch: 1,
        holder: 'w-1',
        ttl_seconds: 30,
        acquired_at: '2026-03-04T05:06:07Z',
        renewed_at: '2026-03-04T05:06:07Z',
        expires_at: '2026-03-04T05:06:37Z',
        renewals: 0,
        progress: null,
        requested: null,
      },
      token: expect.stringMatching(/^dsl_/),
      state: expect.objectContaining({ job_id: 'job-1', status: 'running' }),
      next_sheet: 1,
      server_time: '2026-03-04T05:06:07Z',
      expires_at: '2026-03-04T05:06:37Z',
      renew_after_ms: 10_000,
    });
  });

  it('POST leases for a minute where it is not told how long', async () => {
    const app = openApp();
    await app.create();
    expect((await acquire(app)).answer.json).toMatchObject({
      lease: { ttl_seconds: 60 },
      expires_at: '2026-03-04T05:07:07Z',
      renew_after_ms: 20_000,
    });
  });

  it('POST answers the state and the version that a load then answers', async () => {
    const app = openApp();
    await app.create();
    const { answer } = await acquire(app);
    const loaded = await load(app);
    expect(answer.header('etag')).toBe(loaded.header('etag'));
    expect(answer.json).toMatchObject({ state: loaded.json });
  });

  it('POST keeps its answer out of caches', async () => {
    const app = openApp();
    await app.create();
    expect((await acquire(app)).answer.header('cache-control')).toBe('no-store');
  });

  it('POST makes the job running, and started where it was not', async () => {
    const app = openApp();
    await app.create();
    await acquire(app);
    expect((await load(app)).json).toMatchObject({
      status: 'running',
      started_at: '2026-03-04T05:06:07.000001Z',
    });
  });

  it('POST keeps when the job was started first', async () => {
    const app = openApp();
    await app.create({ status: 'paused', started_at: '2026-01-01T00:00:00Z' });
    await acquire(app);
    expect((await load(app)).json).toMatchObject({ started_at: '2026-01-01T00:00:00Z' });
  });

  it('POST answers the first sheet that is not done', async () => {
    const app = openApp();
    await app.create();
    await update(app, 1, 'completed');
    expect((await acquire(app)).answer.json).toMatchObject({ next_sheet: 2 });
  });

  it('POST leases a job that another program runs without a lease', async () => {
    const app = openApp();
    await app.create();
    await update(app, 1, 'in_progress');
    expect(leaseOf((await acquire(app)).answer)).toMatchObject({ epoch: 1 });
  });

  it('POST answers job_not_found for a job that is not stored, and stores nothing', async () => {
    const app = openApp();
    const refused = await app.ask('POST', LEASE, { json: ASK });
    expect(refused).toMatchObject(aProblem({ status: 404, code: 'job_not_found', path: '{id}' }));
    expect(await keysOf(app.store, 'leases/')).toEqual([]);
  });

  it.each(['completed', 'cancelled', 'failed'])(
    'POST answers job_finished when the job is %s',
    async status => {
      const app = openApp();
      await app.create({ status });
      const refused = await app.ask('POST', LEASE, { json: ASK });
      expect(refused).toMatchObject(aProblem({ status: 409, code: 'job_finished', path: '{id}' }));
      expect(refused.json).toMatchObject({ job_id: 'job-1', job_status: status });
    },
  );

  it('POST answers state_corrupt for a state that cannot be read, and stores nothing', async () => {
    const app = openApp();
    await write(app.store, STATE_KEY, 'garbage');
    const refused = await app.ask('POST', LEASE, { json: ASK });
    expect(refused).toMatchObject(aProblem({ status: 500, code: 'state_corrupt' }));
    expect(await keysOf(app.store, 'leases/')).toEqual([]);
  });
});

describe('POST /v1/jobs/{id}/lease of a leased job', () => {
  it('POST answers lease_held with holder, expires_at and Retry-After while another holds the job', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create();
    await acquire(app);
    clock.advance(12_500);
    const refused = await app.ask('POST', LEASE, { json: ASK });
    expect(refused).toMatchObject(aProblem({ status: 409, code: 'lease_held' }));
    expect(refused.header('retry-after')).toBe('48');
    expect(refused.json).toMatchObject({
      job_id: 'job-1',
      holder: 'w-1',
      epoch: 1,
      expires_at: '2026-03-04T05:07:07Z',
      server_time: '2026-03-04T05:06:19.500000Z',
    });
  });

  it('POST refuses the same holder a second lease', async () => {
    const app = openApp();
    await app.create();
    await acquire(app);
    const refused = await app.ask('POST', LEASE, { json: { holder: 'w-1' } });
    expect(refused).toMatchObject(aProblem({ status: 409, code: 'lease_held' }));
  });

  it('POST changes nothing when it is refused', async () => {
    const app = openApp();
    await app.create();
    const { key } = await acquire(app);
    const before = await storedText(app.store);
    await app.ask('POST', LEASE, { json: ASK });
    expect(await storedText(app.store)).toBe(before);
    expect(await keysOf(app.store, 'leases/')).toEqual([key]);
  });

  it('POST is refused up to the last millisecond of the lease', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create();
    await acquire(app);
    clock.advance(59_999);
    const refused = await app.ask('POST', LEASE, { json: ASK });
    expect(refused.status).toBe(409);
    expect(refused.header('retry-after')).toBe('1');
  });

  it('POST takes the job over at once when the lease is over', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create();
    await acquire(app);
    clock.advance(60_000);
    const { answer, key } = await acquire(app, ASK);
    expect(answer.json).toMatchObject({ lease: { holder: 'w-2', epoch: 2 } });
    expect(await keysOf(app.store, 'leases/')).toEqual([key]);
  });

  it('POST takes the job over without the message of the recovery', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create();
    await acquire(app);
    clock.advance(60_000);
    await acquire(app, ASK);
    expect((await load(app)).json).toMatchObject({ status: 'running', error_message: null });
  });

  it('POST grants a job to one of many who ask at once', async () => {
    const app = openApp();
    await app.create();
    const asks = Array.from({ length: 20 }, () => app.ask('POST', LEASE, { json: ASK }));
    const winners = (await Promise.all(asks)).filter(({ status }) => status === 201);
    expect(winners).toHaveLength(1);
    expect(await keysOf(app.store, 'leases/')).toHaveLength(1);
  });

  it('POST grants a dead job to one of many who ask two processes at once', async () => {
    const clock = frozenClock();
    const first = openApp({ clock });
    const second = openSecondProcess(first.store, clock);
    await first.create();
    await beat(first, await acquire(first));
    clock.advance(60_000);
    const asks = [first, second, first, second].map(app => app.ask('POST', LEASE, { json: ASK }));
    const winners = (await Promise.all(asks)).filter(({ status }) => status === 201);
    expect(winners).toHaveLength(1);
    expect((await load(first)).json).toMatchObject({ dalsegno: { epoch: 2, recoveries: 1 } });
  });

  it('GET answers a new version once the job is leased', async () => {
    const app = openApp();
    const etag = await app.create();
    await acquire(app);
    expect((await app.ask('GET', JOB, { headers: { 'If-None-Match': etag } })).status).toBe(200);
  });
});
