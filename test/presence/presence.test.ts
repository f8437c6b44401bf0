import { describe, expect, it } from 'vitest';
import { acquire, beat, claimed, JOB, LEASE, load, update } from '../support/leasing.ts';
import { openPresenceService, openStream } from './harness.ts';

const MINUTE = 60;
/** Less than the 2,000 streams of a process, and the 1,000 leases of one, which `kept-streams.test.ts` counts. */
const ROOM = { maxStreams: 20, maxStreamLeases: 30 };

describe('POST /v1/presence', () => {
  it('answers each token, and sends no event before', async () => {
    const service = openPresenceService();
    await service.create();
    const held = await acquire(service);
    const stream = await service.open([held.token, 'x', 7]);
    expect(stream.status).toBe(200);
    expect(stream.header('content-type')).toBe('text/event-stream');
    expect(stream.header('cache-control')).toBe('no-cache, no-transform');
    expect(stream.header('x-accel-buffering')).toBe('no');
    expect(stream.events).toEqual([
      {
        name: 'open',
        data: {
          id: expect.stringMatching(/./),
          grace_ms: 2000,
          ping_ms: 4000,
          silent_ms: 9000,
          leases: [
            expect.objectContaining({ ok: true, requested: null, renew_after_ms: 20_000 }),
            expect.objectContaining({ ok: false, status: 422, code: 'invalid' }),
            expect.objectContaining({ ok: false, status: 422, code: 'invalid' }),
          ],
          server_time: expect.any(String),
        },
      },
    ]);
  });

  it('renews the leases by itself while the worker confirms the pings', async () => {
    const { service, held, stream } = await openStream({ ttl_seconds: 60 });
    await service.live(stream, 10 * MINUTE);
    expect(await claimed(service)).toBeNull();
    expect(stream.told('ping').length).toBeGreaterThan(100);
    expect(stream.told('renewed').length).toBeGreaterThan(25);
    const answer = await beat(service, held);
    expect(answer.json).toMatchObject({ lease: { epoch: 1 }, requested: null });
    expect(answer.text).not.toContain('late_renewals');
  });

  it('keeps a lease of one second', async () => {
    const { service, held, stream } = await openStream({ ttl_seconds: 1 });
    await service.live(stream, 20);
    expect((await beat(service, held)).text).not.toContain('late_renewals');
  });

  it('sends the requests of operators at once, and that they are withdrawn', async () => {
    const { service, held, stream } = await openStream();
    await service.ask('POST', `${JOB}/fail`, { json: { error_message: 'enough' } });
    await service.ask('POST', `${JOB}/resume`);
    await service.pass(0);
    const of = { job_id: 'job-1', lease_id: held.leaseId };
    expect(stream.told('request')).toEqual([
      { ...of, requested: 'fail', request_message: 'enough' },
      { ...of, requested: null },
    ]);
  });

  it('says in the answer what was requested before', async () => {
    const service = openPresenceService();
    await service.create();
    const held = await acquire(service);
    await service.ask('POST', `${JOB}/pause`);
    const stream = await service.open([held.token]);
    expect(stream.told('open')[0]).toMatchObject({ leases: [{ ok: true, requested: 'pause' }] });
    expect(stream.told('request')).toEqual([]);
  });

  it.each([
    ['an operator ends it', 'POST', `${JOB}/cancel?force=true`],
    ['its job is deleted', 'DELETE', `${JOB}?force=true`],
  ])('says that a lease is over when %s', async (_, method, path) => {
    const { service, held, stream } = await openStream();
    await service.ask(method, path);
    await service.pass(500);
    expect(stream.told('lease_lost')).toEqual([{ lease_id: held.leaseId }]);
  });

  it('is no request in flight while it is open', async () => {
    const { service, stream } = await openStream({}, { requestsInFlight: 1 });
    expect((await load(service)).status).toBe(200);
    expect((await stream.confirm()).status).toBe(200);
  });

  it.each([
    [{ tokens: [], grace_ms: -1 }, '/grace_ms'],
    [{ tokens: [], grace_ms: 0.5 }, '/grace_ms'],
    [{ tokens: 'x' }, '/tokens'],
    [{ tokens: Array.from({ length: 1001 }, () => 'x') }, '/tokens'],
    [{ token: 'x' }, ''],
  ])('refuses a wrong body: %#', async (json, path) => {
    const service = openPresenceService();
    const refused = await service.ask('POST', '/v1/presence', { json });
    expect(refused.status).toBe(422);
    expect(refused.json).toMatchObject({ code: 'invalid', errors: [{ path }] });
  });

  it('refuses more streams than it has room for', async () => {
    const service = openPresenceService({ room: ROOM });
    for (let nth = 0; nth < ROOM.maxStreams; nth++) {
      const opened = await service.open([]);
      expect(opened.status).toBe(200);
    }
    expect((await service.ask('POST', '/v1/presence', { json: {} })).json).toMatchObject({
      code: 'overloaded',
    });
  });
});

describe('PUT /v1/presence/{id}', () => {
  it('refuses more leases than a stream has room for, also of calls at the same time', async () => {
    const service = openPresenceService({ room: ROOM });
    const count = ROOM.maxStreamLeases + 2;
    for (let nth = 0; nth < count; nth++) await service.create(`job-${nth}`);
    const tokens: string[] = [];
    while (tokens.length < count) {
      const body = { json: { holder: 'w-1', max: 100 } };
      const { grants } = (await service.ask('POST', '/v1/claims', body)).json as {
        grants: readonly { token: string }[];
      };
      tokens.push(...grants.map(({ token }) => token));
    }
    const stream = await service.open([]);
    const halves = [tokens.slice(0, count / 2), tokens.slice(count / 2)];
    const added = await Promise.all(halves.map(half => stream.confirm({ tokens: half })));
    const codes = added.flatMap(({ json }) =>
      (json as { leases: readonly { code?: string }[] }).leases.map(({ code }) => code),
    );
    expect(codes.filter(code => code !== undefined)).toEqual(['overloaded', 'overloaded']);
  });

  it('adds tokens, with an answer for each', async () => {
    const service = openPresenceService();
    await service.create();
    const held = await acquire(service, { ttl_seconds: 5 });
    const stream = await service.open([]);
    const added = await stream.confirm({ tokens: [held.token, 'x'] });
    expect(added.json).toMatchObject({ leases: [{ ok: true }, { ok: false, code: 'invalid' }] });
    await service.live(stream, MINUTE);
    expect(await claimed(service)).toBeNull();
  });

  it('removes tokens: the lease goes on as long as its ttl', async () => {
    const { service, held, stream } = await openStream({ ttl_seconds: 20 });
    await stream.confirm({ remove: [held.token] });
    await stream.close();
    await service.pass(19_000);
    expect(await claimed(service)).toBeNull();
    await service.pass(1001);
    expect(await claimed(service)).toBe('job-1');
  });

  it('refuses an id that is not that of an open stream', async () => {
    const service = openPresenceService();
    const stream = await service.open([]);
    const { id } = stream;
    await stream.close();
    for (const path of ['/v1/presence/x', `/v1/presence/${id}`]) {
      const refused = await service.ask('PUT', path, { json: {} });
      expect([refused.status, refused.json]).toMatchObject([404, { code: 'presence_not_found' }]);
    }
  });
});

describe('a stream that breaks', () => {
  it('ends its leases after the grace, and not before', async () => {
    const service = openPresenceService();
    await service.create();
    const held = await acquire(service, { ttl_seconds: 3600 });
    await update(service, 1, 'in_progress', held);
    const stream = await service.open([held.token]);
    await stream.confirm();
    await stream.close();
    await service.pass(1900);
    expect(await claimed(service)).toBeNull();
    await service.pass(200);
    expect((await load(service)).json).toMatchObject({
      status: 'paused',
      dalsegno: { recoveries: 1, lease: null },
    });
    expect(service.reports).toEqual([{ kind: 'ended', leaseKey: held.key, outcome: 'recovered' }]);
    expect(await claimed(service)).toBe('job-1');
  });

  it('ends them at once with a grace of 0, once its worker has confirmed a ping', async () => {
    const service = openPresenceService();
    await service.create();
    const held = await acquire(service);
    const stream = await service.open([held.token], { grace_ms: 0 });
    await stream.confirm();
    await stream.close();
    await service.pass(0);
    expect((await load(service)).json).toMatchObject({ status: 'paused' });
  });

  it('has a grace of a second if nothing shows that its events arrive', async () => {
    const service = openPresenceService();
    await service.create();
    const held = await acquire(service);
    const stream = await service.open([held.token], { grace_ms: 0 });
    await stream.close();
    await service.pass(900);
    expect((await load(service)).json).toMatchObject({ status: 'running' });
    await service.pass(200);
    expect((await load(service)).json).toMatchObject({ status: 'paused' });
  });

  it('ends no lease that a heartbeat renews within the grace', async () => {
    const { service, held, stream } = await openStream({ ttl_seconds: 60 });
    await stream.confirm();
    await stream.close();
    await service.pass(1000);
    expect((await beat(service, held)).status).toBe(200);
    await service.pass(58_000);
    expect(await claimed(service)).toBeNull();
  });

  it('ends no lease that another stream keeps', async () => {
    const service = openPresenceService();
    await service.create();
    const held = await acquire(service, { ttl_seconds: 60 });
    const first = await service.open([held.token]);
    await first.confirm();
    const second = await service.open([held.token]);
    await first.close();
    await service.live(second, 3 * MINUTE);
    expect(await claimed(service)).toBeNull();
    await second.close();
    await service.pass(2100);
    expect(await claimed(service)).toBe('job-1');
  });

  it('ends a lease that a heartbeat of its worker renewed while it was open', async () => {
    const { service, held, stream } = await openStream({ ttl_seconds: 60 });
    await service.live(stream, 10);
    await beat(service, held);
    await stream.close();
    await service.pass(2100);
    expect(await claimed(service)).toBe('job-1');
  });

  it('ends no lease that a heartbeat renewed after its worker gave it up', async () => {
    const { service, held, stream } = await openStream({ ttl_seconds: 60 });
    await stream.confirm();
    await service.pass(7000);
    await beat(service, held);
    await stream.close();
    await service.pass(30_000);
    expect(await claimed(service)).toBeNull();
  });

  it('carries out what an operator requested of the holder', async () => {
    const { service, stream } = await openStream();
    await stream.confirm();
    await service.ask('POST', `${JOB}/cancel`);
    await stream.close();
    await service.pass(2100);
    expect((await load(service)).json).toMatchObject({ status: 'cancelled' });
  });

  it('does nothing to a lease that its holder has released', async () => {
    const { service, held, stream } = await openStream();
    await service.ask('DELETE', LEASE, { headers: held.headers });
    await stream.close();
    expect(await claimed(service)).toBe('job-1');
    await service.pass(10_000);
    expect((await load(service)).json).toMatchObject({ status: 'running' });
  });
});

describe('a worker whose machine is cut off', () => {
  it('loses its lease within ten seconds and the grace', async () => {
    const { service, stream } = await openStream({ ttl_seconds: 3600 }, { isUnreachable: true });
    await service.live(stream, 61);
    await service.pass(9000);
    expect(stream.told('closing')).toEqual([]);
    await service.pass(500);
    expect(stream.told('closing')).toEqual([{ reason: 'unreachable' }]);
    expect(await claimed(service)).toBeNull();
    await service.pass(2100);
    expect(await claimed(service)).toBe('job-1');
  });
});

describe('a silent worker', () => {
  it('loses its stream within ten seconds, and its lease one ttl after its last sign', async () => {
    const { service, stream } = await openStream({ ttl_seconds: 30 });
    await service.live(stream, 61);
    await service.pass(10_000);
    expect(stream.told('closing')).toEqual([{ reason: 'silent' }]);
    expect(stream.isEnded()).toBe(true);
    await service.pass(19_000);
    expect(await claimed(service)).toBeNull();
    await service.pass(1500);
    expect(await claimed(service)).toBe('job-1');
  });
});
