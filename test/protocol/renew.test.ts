import { describe, expect, it } from 'vitest';
import { openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { acquire, JOB, LEASE, load, STATE_KEY, storedText } from '../support/leasing.ts';
import { aProblem } from '../support/problem.ts';

describe('PUT /v1/jobs/{id}/lease', () => {
  it('PUT answers the lease from now on, what is asked of its holder, and when to renew', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create();
    const { headers, leaseId } = await acquire(app);
    clock.advance(20_000);
    const renewed = await app.ask('PUT', LEASE, { headers, json: {} });
    expect(renewed.status).toBe(200);
    expect(renewed.json).toEqual({
      lease: {
        job_id: 'job-1',
        lease_id: leaseId,
        epoch: 1,
        holder: 'w-1',
        ttl_seconds: 60,
        acquired_at: '2026-03-04T05:06:07Z',
        renewed_at: '2026-03-04T05:06:27Z',
        expires_at: '2026-03-04T05:07:27Z',
        renewals: 1,
        progress: null,
        requested: null,
      },
      requested: null,
      server_time: '2026-03-04T05:06:27Z',
      expires_at: '2026-03-04T05:07:27Z',
      renew_after_ms: 20_000,
    });
  });

  it('PUT may come without a body', async () => {
    const app = openApp();
    await app.create();
    const { headers } = await acquire(app);
    expect((await app.ask('PUT', LEASE, { headers })).status).toBe(200);
  });

  it('PUT keeps a job with its holder for as long as it comes in time', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create();
    const { headers } = await acquire(app);
    clock.advance(59_999);
    await app.ask('PUT', LEASE, { headers });
    clock.advance(59_999);
    expect((await app.ask('PUT', LEASE, { headers })).status).toBe(200);
    expect((await app.ask('POST', LEASE, { json: { holder: 'w-2' } })).status).toBe(409);
  });

  it('PUT keeps what the holder tells of its progress until it tells more', async () => {
    const app = openApp();
    await app.create();
    const { headers } = await acquire(app);
    const progress = { done: 3, of: [7, 'ä'], ratio: 0.5 };
    await app.ask('PUT', LEASE, { headers, json: { progress } });
    const renewed = await app.ask('PUT', LEASE, { headers, json: {} });
    expect(renewed.json).toMatchObject({ lease: { progress } });
    expect((await app.ask('GET', `${JOB}/why`)).json).toMatchObject({ lease: { progress } });
  });

  it.each([null, 0, '', false, [], {}, 'half'])('PUT takes %j for progress', async progress => {
    const app = openApp();
    await app.create();
    const { headers } = await acquire(app);
    await app.ask('PUT', LEASE, { headers, json: { progress: 'before' } });
    const renewed = await app.ask('PUT', LEASE, { headers, json: { progress } });
    expect(renewed.json).toMatchObject({ lease: { progress } });
  });

  it('PUT takes 256 bytes of progress', async () => {
    const app = openApp();
    await app.create();
    const { headers } = await acquire(app);
    const json = { progress: 'ä'.repeat(127) };
    expect((await app.ask('PUT', LEASE, { headers, json })).status).toBe(200);
  });

  it('PUT refuses 257 bytes of progress, and renews nothing', async () => {
    const app = openApp();
    await app.create();
    const { headers, key } = await acquire(app);
    const before = await storedText(app.store, key);
    const json = { progress: `${'ä'.repeat(127)}x` };
    const refused = await app.ask('PUT', LEASE, { headers, json });
    expect(refused).toMatchObject(aProblem({ status: 422, code: 'invalid', path: '/progress' }));
    expect(await storedText(app.store, key)).toBe(before);
  });

  it('PUT changes how long the lease lasts, from now on', async () => {
    const app = openApp();
    await app.create();
    const { headers } = await acquire(app);
    await app.ask('PUT', LEASE, { headers, json: { ttl_seconds: 300 } });
    const renewed = await app.ask('PUT', LEASE, { headers });
    expect(renewed.json).toMatchObject({
      lease: { ttl_seconds: 300 },
      expires_at: '2026-03-04T05:11:07Z',
      renew_after_ms: 100_000,
    });
  });

  it('PUT can make the lease shorter', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create();
    const { headers } = await acquire(app);
    await app.ask('PUT', LEASE, { headers, json: { ttl_seconds: 5 } });
    clock.advance(5000);
    await app.ask('POST', '/v1/sweep');
    expect((await app.ask('PUT', LEASE, { headers })).status).toBe(409);
  });

  it.each([0, 3601, 5.5, '60', null])('PUT refuses a ttl of %j', async ttl_seconds => {
    const app = openApp();
    await app.create();
    const { headers } = await acquire(app);
    const refused = await app.ask('PUT', LEASE, { headers, json: { ttl_seconds } });
    expect(refused).toMatchObject(aProblem({ status: 422, code: 'invalid', path: '/ttl_seconds' }));
  });

  it.each([
    ['{', 400],
    ['[]', 422],
    ['{"holder":"w"}', 422],
  ])('PUT refuses the body %s with %i', async (body, status) => {
    const app = openApp();
    await app.create();
    const { headers } = await acquire(app);
    expect((await app.ask('PUT', LEASE, { headers, body })).status).toBe(status);
  });

  it('PUT does not touch the job', async () => {
    const app = openApp();
    await app.create();
    const { headers } = await acquire(app);
    const text = await storedText(app.store);
    const version = await app.store.head(STATE_KEY);
    await app.ask('PUT', LEASE, { headers, json: { progress: 1 } });
    expect(await storedText(app.store)).toBe(text);
    expect(await app.store.head(STATE_KEY)).toBe(version);
    expect((await load(app)).header('etag')).toBe(`"${version}"`);
  });

  it('PUT renews for two who call at once', async () => {
    const app = openApp();
    await app.create();
    const { headers, key } = await acquire(app);
    const beats = await Promise.all([1, 2, 3].map(() => app.ask('PUT', LEASE, { headers })));
    expect(beats.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(JSON.parse(await storedText(app.store, key))).toMatchObject({ renewals: 3 });
  });
});
