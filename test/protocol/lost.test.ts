import { describe, expect, it } from 'vitest';
import { openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { acquire, JOB, keysOf, LEASE, storedText, update, write } from '../support/leasing.ts';
import { aProblem } from '../support/problem.ts';

const LOST = aProblem({ status: 409, code: 'lease_lost', path: 'Lease-Token' });

describe('PUT /v1/jobs/{id}/lease by who is not the holder any more', () => {
  it('PUT answers lease_lost with late_seconds once the job was taken', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create();
    const { headers } = await acquire(app);
    clock.advance(60_000);
    await app.ask('POST', '/v1/sweep');
    clock.advance(12_500);
    const refused = await app.ask('PUT', LEASE, { headers });
    expect(refused).toMatchObject(LOST);
    expect(refused.json).toMatchObject({ job_id: 'job-1', late_seconds: 12.5 });
  });

  it('PUT renews a lease that is over by the clock while nobody has taken the job', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create();
    const held = await acquire(app);
    clock.advance(72_500);
    const renewed = await app.ask('PUT', LEASE, { headers: held.headers });
    expect([renewed.status, renewed.json]).toMatchObject([
      200,
      {
        lease: { late_renewals: 1, worst_late_seconds: 12.5 },
        expires_at: '2026-03-04T05:08:19.500000Z',
      },
    ]);
    expect((await app.ask('POST', LEASE, { json: { holder: 'w-2' } })).status).toBe(409);
    expect((await update(app, 1, 'completed', held)).status).toBe(200);
  });

  it('PUT does not bring a lease back that a take-over has ended', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create();
    const { headers, key } = await acquire(app);
    const updated = { ...JSON.parse(await storedText(app.store, key)), expired: true };
    await write(app.store, key, JSON.stringify(updated));
    clock.advance(60_000);
    expect(await app.ask('PUT', LEASE, { headers })).toMatchObject(LOST);
    expect(await storedText(app.store, key)).toBe(JSON.stringify(updated));
  });

  it('PUT answers lease_lost after a takeover, and the new holder keeps the job', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create();
    const old = await acquire(app);
    clock.advance(60_000);
    const next = await acquire(app);
    const refused = await app.ask('PUT', LEASE, { headers: old.headers });
    expect(refused).toMatchObject(LOST);
    expect(refused.json).toMatchObject({ late_seconds: 0 });
    expect((await app.ask('PUT', LEASE, { headers: next.headers })).status).toBe(200);
  });

  it('PUT answers lease_lost after a release', async () => {
    const app = openApp();
    await app.create();
    const { headers } = await acquire(app);
    await app.ask('DELETE', LEASE, { headers });
    const refused = await app.ask('PUT', LEASE, { headers });
    expect(refused).toMatchObject(LOST);
    expect(refused.json).not.toHaveProperty('late_seconds');
  });

  it('PUT answers lease_lost once the job is complete', async () => {
    const app = openApp();
    await app.create({ total_sheets: 1 });
    const held = await acquire(app);
    await update(app, 1, 'completed', held);
    expect(await app.ask('PUT', LEASE, { headers: held.headers })).toMatchObject(LOST);
  });

  it('PUT answers lease_lost to a token of an older epoch', async () => {
    const app = openApp();
    await app.create();
    const { headers } = await acquire(app);
    await app.ask('DELETE', LEASE, { headers });
    await acquire(app);
    expect(await app.ask('PUT', LEASE, { headers })).toMatchObject(LOST);
  });

  it('PUT answers lease_lost to a token of another job', async () => {
    const app = openApp();
    await app.create();
    await app.create({ job_id: 'job-2' });
    await acquire(app);
    const { headers } = await acquire(app, { path: '/v1/jobs/job-2' });
    expect(await app.ask('PUT', LEASE, { headers })).toMatchObject(LOST);
  });

  it('PUT answers lease_lost to the secret of one lease with the id of another', async () => {
    const app = openApp();
    await app.create();
    const { headers, token: old } = await acquire(app);
    await app.ask('DELETE', LEASE, { headers });
    const { token, key } = await acquire(app);
    const before = await storedText(app.store, key);
    const mixed = [...token.split('.').slice(0, 2), old.split('.').at(-1)].join('.');
    const refused = await app.ask('PUT', LEASE, { headers: { 'Lease-Token': mixed } });
    expect(refused).toMatchObject(LOST);
    expect(await storedText(app.store, key)).toBe(before);
  });

  it.each([
    '',
    'x',
    'dsl_',
    'dsl_..',
    'Bearer dsl_am9iLTE.a.b',
    `dsl_am9iLTE.${'0'.repeat(32)}.${'x'.repeat(42)}`,
    `dsl_am9iLTE.${'0'.repeat(31)}.${'x'.repeat(43)}`,
    `dsl_am9iLTE.${'A'.repeat(32)}.${'x'.repeat(43)}`,
    `dsl_Li4vLi4.${'0'.repeat(32)}.${'x'.repeat(43)}`,
    `dsl_gA.${'0'.repeat(32)}.${'x'.repeat(43)}`,
  ])('PUT refuses the token %j as none', async token => {
    const app = openApp();
    await app.create();
    await acquire(app);
    const refused = await app.ask('PUT', LEASE, { headers: { 'Lease-Token': token } });
    expect(refused).toMatchObject(aProblem({ status: 422, code: 'invalid', path: 'Lease-Token' }));
  });

  it.each(['PUT', 'DELETE'])('%s asks for the token where there is none', async method => {
    const app = openApp();
    await app.create();
    await acquire(app);
    const refused = await app.ask(method, LEASE);
    expect(refused).toMatchObject(aProblem({ status: 422, code: 'invalid', path: 'Lease-Token' }));
  });

  it('PUT answers lease_lost once the job is deleted', async () => {
    const app = openApp();
    await app.create();
    const { headers } = await acquire(app);
    await app.ask('DELETE', `${JOB}?force=true`);
    expect(await app.ask('PUT', LEASE, { headers })).toMatchObject(LOST);
    expect(await keysOf(app.store, 'leases/')).toEqual([]);
  });
});
