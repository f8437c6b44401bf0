import { describe, expect, it } from 'vitest';
import { type ObjectStore, StoreError } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { type AppClient, openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { acquire, type Held, JOB, LEASE } from '../support/leasing.ts';
import { aProblem } from '../support/problem.ts';

const BEATS = '/v1/heartbeats';

/** Leases so many jobs, `job-1` and on. */
async function acquireMany(app: AppClient, count: number): Promise<Held[]> {
  const ids = Array.from({ length: count }, (_, index) => `job-${index + 1}`);
  for (const job_id of ids) await app.create({ job_id });
  return Promise.all(ids.map(id => acquire(app, { path: `/v1/jobs/${id}` })));
}

/** A memory store that cannot read what stands under these keys. */
function failingAt(keys: ReadonlySet<string>): ObjectStore {
  const inner = createMemoryStore();
  return {
    ...inner,
    async get(key) {
      if (keys.has(key)) throw new StoreError('The connection was lost');
      return inner.get(key);
    },
  };
}

describe('POST /v1/heartbeats', () => {
  it('POST answers every beat as its lease is from now on', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    const [held] = await acquireMany(app, 1);
    clock.advance(20_000);
    const json = { beats: [{ token: held?.token, progress: 7, ttl_seconds: 90 }] };
    const answer = await app.ask('POST', BEATS, { json });
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      beats: [
        {
          ok: true,
          lease: {
            job_id: 'job-1',
            lease_id: held?.leaseId,
            epoch: 1,
            holder: 'w-1',
            ttl_seconds: 90,
            acquired_at: '2026-03-04T05:06:07Z',
            renewed_at: '2026-03-04T05:06:27Z',
            expires_at: '2026-03-04T05:07:57Z',
            renewals: 1,
            progress: 7,
            requested: null,
          },
          requested: null,
          expires_at: '2026-03-04T05:07:57Z',
          renew_after_ms: 30_000,
        },
      ],
      server_time: '2026-03-04T05:06:27Z',
    });
  });

  it('POST answers in the order of the beats', async () => {
    const app = openApp();
    const held = await acquireMany(app, 5);
    const beats = held.toReversed().map(({ token }) => ({ token }));
    const answer = await app.ask('POST', BEATS, { json: { beats } });
    expect(answer.json).toMatchObject({
      beats: [5, 4, 3, 2, 1].map(number => ({ ok: true, lease: { job_id: `job-${number}` } })),
    });
  });

  it('POST answers 200 where some are lost and some are no tokens', async () => {
    const app = openApp();
    const [first, second, third] = await acquireMany(app, 3);
    await app.ask('DELETE', '/v1/jobs/job-2/lease', { headers: second?.headers ?? {} });
    const tokens = [first?.token, second?.token, 'garbage', '', third?.token];
    const json = { beats: tokens.map(token => ({ token })) };
    const answer = await app.ask('POST', BEATS, { json });
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({
      beats: [
        { ok: true, lease: { job_id: 'job-1' } },
        { ok: false, status: 409, code: 'lease_lost', detail: expect.stringMatching(/./) },
        { ok: false, status: 422, code: 'invalid', detail: expect.stringMatching(/^\/beats\/2/) },
        { ok: false, status: 422, code: 'invalid' },
        { ok: true, lease: { job_id: 'job-3' } },
      ],
    });
  });

  it('POST tells the late how late they are', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    const [held] = await acquireMany(app, 1);
    clock.advance(60_000);
    await app.ask('POST', '/v1/sweep');
    clock.advance(3000);
    const answer = await app.ask('POST', BEATS, { json: { beats: [{ token: held?.token }] } });
    expect(answer.json).toMatchObject({
      beats: [{ ok: false, code: 'lease_lost', late_seconds: 3 }],
    });
  });

  it('POST renews a lease that is over and that nobody has taken, and counts it as late', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    const [held] = await acquireMany(app, 1);
    clock.advance(63_000);
    const answer = await app.ask('POST', BEATS, { json: { beats: [{ token: held?.token }] } });
    expect(answer.json).toMatchObject({
      beats: [{ ok: true, lease: { renewals: 1, late_renewals: 1, worst_late_seconds: 3 } }],
    });
  });

  it('POST tells the holder what is asked of it', async () => {
    const app = openApp();
    const [held] = await acquireMany(app, 1);
    await app.ask('POST', `${JOB}/cancel`);
    const answer = await app.ask('POST', BEATS, { json: { beats: [{ token: held?.token }] } });
    expect(answer.json).toMatchObject({
      beats: [{ ok: true, requested: 'cancel', lease: { requested: 'cancel' } }],
    });
  });

  it('POST renews a lease as often as it is named', async () => {
    const app = openApp();
    const [held] = await acquireMany(app, 1);
    const beats = [{ token: held?.token }, { token: held?.token }];
    await app.ask('POST', BEATS, { json: { beats } });
    const renewed = await app.ask('PUT', LEASE, { headers: held?.headers ?? {} });
    expect(renewed.json).toMatchObject({ lease: { renewals: 3 } });
  });

  it('POST answers no beats with no answers', async () => {
    const app = openApp();
    const answer = await app.ask('POST', BEATS, { json: { beats: [] } });
    expect([answer.status, answer.json]).toEqual([
      200,
      { beats: [], server_time: '2026-03-04T05:06:07Z' },
    ]);
  });

  it('POST takes 100 beats', async () => {
    const app = openApp();
    const held = await acquireMany(app, 100);
    const beats = held.map(({ token }) => ({ token, progress: 'x'.repeat(254) }));
    const answer = await app.ask('POST', BEATS, { json: { beats } });
    expect(answer.json).toMatchObject({ beats: Array.from(held, () => ({ ok: true })) });
  });

  it('POST refuses 101 beats', async () => {
    const app = openApp();
    const beats = Array.from({ length: 101 }, () => ({ token: 'x' }));
    const refused = await app.ask('POST', BEATS, { json: { beats } });
    expect(refused).toMatchObject(aProblem({ status: 422, code: 'invalid', path: '/beats' }));
  });

  it.each([
    [{}, '/beats'],
    [{ beats: null }, '/beats'],
    [{ beats: {} }, '/beats'],
    [{ beats: [], more: 1 }, ''],
  ])('POST refuses %j', async (json, path) => {
    const app = openApp();
    const refused = await app.ask('POST', BEATS, { json });
    expect(refused).toMatchObject(aProblem({ status: 422, code: 'invalid', path }));
  });

  it('POST refuses a body that is no JSON', async () => {
    const app = openApp();
    const refused = await app.ask('POST', BEATS, { body: '{"beats": [' });
    expect(refused).toMatchObject(aProblem({ status: 400, code: 'malformed_json' }));
  });

  it.each([
    [null, '/beats/1:'],
    [{}, '/beats/1/token:'],
    [{ token: 5 }, '/beats/1/token:'],
    [{ token: 'x' }, '/beats/1/token:'],
    [{ token: 'x', ttl_seconds: 0 }, '/beats/1/ttl_seconds: A lease lasts 1 to 3600 seconds'],
    [{ token: 'x', progress: 'x'.repeat(255) }, '/beats/1/progress:'],
    [{ token: 'x', more: 1 }, '/beats/1:'],
  ])('POST answers the others where one beat is %j', async (malformed, detail) => {
    const app = openApp();
    const [held] = await acquireMany(app, 1);
    const beats = [{ token: held?.token }, malformed, { token: held?.token }];
    const answer = await app.ask('POST', BEATS, { json: { beats } });
    const refused = { ok: false, code: 'invalid', detail: expect.stringContaining(detail) };
    expect(answer.json).toMatchObject({ beats: [{ ok: true }, refused, { ok: true }] });
  });

  it('POST answers the others where the store fails for one', async () => {
    const failing = new Set<string>();
    const app = openApp({ store: failingAt(failing) });
    const held = await acquireMany(app, 3);
    failing.add(held[1]?.key ?? '');
    const beats = held.map(({ token }) => ({ token }));
    const answer = await app.ask('POST', BEATS, { json: { beats } });
    expect([answer.status, answer.json]).toMatchObject([
      200,
      {
        beats: [{ ok: true }, { ok: false, status: 503, code: 'store_unavailable' }, { ok: true }],
      },
    ]);
  });
});
