import { describe, expect, it, vi } from 'vitest';
import { createProcessAvailability, TICK_MS } from '../../lib/availability/process.ts';
import { StoreError } from '../../lib/store.ts';
import { openApp } from '../support/app.ts';
import { acquire, beat, claimed, JOB, load } from '../support/leasing.ts';
import { aProblem } from '../support/problem.ts';
import { tokensOf } from '../support/tokens.ts';
import { openPresenceService, openStream } from './harness.ts';

describe('two processes on one store', () => {
  it('a request that arrives at the other one is sent within a second', async () => {
    const service = openPresenceService({ isShared: true });
    const other = openPresenceService({ beside: service });
    await service.create();
    const held = await acquire(service);
    const stream = await service.open([held.token]);
    await service.pass(3000);
    await other.ask('POST', `${JOB}/cancel`);
    await service.pass(1000);
    expect(stream.told('request')).toMatchObject([{ lease_id: held.leaseId, requested: 'cancel' }]);
  });

  it('a request is sent with the next renewal where every look costs an operation', async () => {
    const service = openPresenceService({ isShared: true, hasLabels: true });
    const other = openPresenceService({ beside: service });
    await service.create();
    const held = await acquire(service, { ttl_seconds: 60 });
    const stream = await service.open([held.token]);
    await service.live(stream, 4);
    await other.ask('POST', `${JOB}/cancel`);
    const looks = vi.spyOn(service.store, 'head');
    await service.live(stream, 4);
    expect(looks).not.toHaveBeenCalled();
    await service.live(stream, 20);
    expect(stream.told('request')).toMatchObject([{ lease_id: held.leaseId, requested: 'cancel' }]);
  });

  it('a lease that the other one ends is reported', async () => {
    const service = openPresenceService({ isShared: true });
    const other = openPresenceService({ beside: service });
    await service.create();
    const held = await acquire(service);
    const stream = await service.open([held.token]);
    await other.ask('POST', `${JOB}/pause?force=true`);
    await service.pass(2000);
    expect(stream.told('lease_lost')).toEqual([{ lease_id: held.leaseId }]);
  });

  it('a worker that has gone to the other one keeps its lease', async () => {
    const service = openPresenceService({ isShared: true });
    const other = openPresenceService({ beside: service });
    await service.create();
    const held = await acquire(service, { ttl_seconds: 60 });
    const stream = await service.open([held.token]);
    await service.live(stream, 5);
    const second = await other.open([held.token]);
    await stream.close();
    await other.live(second, 300);
    expect(await claimed(service)).toBeNull();
    expect((await beat(other, held)).status).toBe(200);
  });

  it('neither of them takes the job of a living worker when the one with its stream is gone', async () => {
    const service = openPresenceService({ isShared: true });
    const other = openPresenceService({ beside: service });
    await service.create();
    const held = await acquire(service, { ttl_seconds: 60 });
    await service.open([held.token]);
    // Nothing more comes from the first process: it was killed. Its worker has half a minute to find the other one.
    service.clock.advance(30_000);
    expect(await claimed(other)).toBeNull();
    expect((await beat(other, held)).status).toBe(200);
  });
});

describe('a service that stops', () => {
  it('ends its streams with a word, and leaves the leases their ttl', async () => {
    const { service, stream } = await openStream({ ttl_seconds: 60 });
    await stream.confirm();
    await service.stop();
    await service.pass(0);
    expect(stream.told('closing')).toEqual([{ reason: 'stopping' }]);
    expect(stream.isEnded()).toBe(true);
    await service.pass(59_000);
    expect(await claimed(service)).toBeNull();
    await service.pass(1001);
    expect(await claimed(service)).toBe('job-1');
  });

  it('recovers no job of a stream that broke just before, and opens no other stream', async () => {
    const { service, stream } = await openStream({ ttl_seconds: 60 });
    await stream.confirm();
    await stream.close();
    await service.stop();
    await service.pass(10_000);
    expect(service.reports).toEqual([]);
    expect((await service.ask('POST', '/v1/presence', { json: {} })).status).toBe(503);
  });
});

describe('a service that stalls', () => {
  it('takes nothing from a worker that has given up its stream meanwhile', async () => {
    const { service, stream } = await openStream({ ttl_seconds: 60 });
    await service.live(stream, 10);
    // The time passes while nothing runs, and the break is the first thing that it learns.
    const stalled = service.timing.stall(20_000);
    await stream.close();
    await stalled;
    await service.pass(15_000);
    expect(await claimed(service)).toBeNull();
  });

  it('does not take a stall of its own for the silence of a worker', async () => {
    const { service, stream } = await openStream({ ttl_seconds: 60 });
    await service.live(stream, 10);
    await service.timing.stall(20_000);
    await service.live(stream, 60);
    expect(stream.told('closing')).toEqual([]);
    await stream.close();
    await service.pass(2100);
    expect(await claimed(service)).toBe('job-1');
  });
});

describe('a service that has just started', () => {
  it('gives a lease one ttl, unless it was renewed since', async () => {
    let tick = (): void => undefined;
    const service = openPresenceService({
      availability(clock) {
        const availability = createProcessAvailability(clock);
        ({ tick } = availability);
        return availability;
      },
    });
    const ticking = (): void => {
      tick();
      service.timing.after(TICK_MS, ticking);
    };
    ticking();
    await service.create('job-1');
    await service.create('job-2');
    const first = await acquire(service, { ttl_seconds: 60 });
    await service.pass(1000);
    const stream = await service.open([first.token]);
    await stream.confirm();
    await stream.close();
    await service.pass(2100);
    expect((await load(service)).json).toMatchObject({ dalsegno: { lease: null } });
  });
});

describe('access tokens', () => {
  it('let their own streams be used alone, and cover jobs by their prefix', async () => {
    const { list, as } = await tokensOf({ tenant: 'work:a-', other: 'work' });
    const service = openPresenceService({ access: list });
    const asOther = { headers: as('other') };
    const job = { job_id: 'b-1', job_name: 'B', total_sheets: 1 };
    await service.ask('POST', '/v1/jobs', { json: job, ...asOther });
    const granted = await service.ask('POST', '/v1/claims', { json: { holder: 'w' }, ...asOther });
    const { token } = granted.json as { token: string };
    const stream = await service.open([token], {}, as('tenant'));
    expect(stream.told('open')[0]).toMatchObject({ leases: [{ ok: false, code: 'forbidden' }] });
    const path = `/v1/presence/${stream.id}`;
    const refused = await service.ask('PUT', path, { json: {}, ...asOther });
    expect(refused.json).toMatchObject({ code: 'presence_not_found' });
    expect((await stream.confirm()).status).toBe(200);
    expect((await service.ask('POST', '/v1/presence', { json: {} })).status).toBe(401);
  });
});

describe('a service without streams', () => {
  it('answers 501', async () => {
    const app = openApp();
    const refused = await app.ask('POST', '/v1/presence', { json: { tokens: [] } });
    expect(refused).toMatchObject(aProblem({ status: 501, code: 'presence_unsupported' }));
  });
});

describe('a store that fails', () => {
  it('is reported once a round, however many leases it has', async () => {
    const service = openPresenceService();
    const tokens: string[] = [];
    for (let number = 1; number <= 30; number += 1) {
      const jobId = `job-${number}`;
      await service.create(jobId);
      const held = await acquire(service, { ttl_seconds: 3, path: `/v1/jobs/${jobId}` });
      tokens.push(held.token);
    }
    const stream = await service.open(tokens);
    vi.spyOn(service.store, 'put').mockRejectedValue(new StoreError('The disk is full'));
    vi.spyOn(service.store, 'get').mockRejectedValue(new StoreError('The disk is full'));
    vi.spyOn(service.store, 'head').mockRejectedValue(new StoreError('The disk is full'));
    await service.live(stream, 2);
    const errors = service.reports.filter(({ kind }) => kind === 'error');
    expect(errors.length).toBeGreaterThan(0);
    expect(errors.length).toBeLessThanOrEqual(8);
  });
});
