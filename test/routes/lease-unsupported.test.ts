import { describe, expect, it } from 'vitest';
import { openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { acquire, JOB, keysOf, LEASE, load, storeWithoutSwap, update } from '../support/leasing.ts';
import { aProblem } from '../support/problem.ts';
import { aState } from '../support/state.ts';

const UNSUPPORTED = aProblem({ status: 501, code: 'leases_unsupported' });

/** A token of another store, where there are leases. */
async function someToken(): Promise<string> {
  const app = openApp();
  await app.create();
  return (await acquire(app)).token;
}

describe('a store without compare-and-swap', () => {
  it.each([
    ['POST', LEASE, { holder: 'w' }],
    ['PUT', LEASE, {}],
    ['DELETE', LEASE, undefined],
    ['POST', '/v1/claims', { holder: 'w' }],
    ['POST', '/v1/heartbeats', { beats: [] }],
    ['POST', '/v1/updates', { updates: [] }],
    ['POST', '/v1/sweep', undefined],
  ])('%s %s answers leases_unsupported, and writes nothing', async (method, path, json) => {
    const app = openApp({ store: storeWithoutSwap() });
    const etag = await app.create();
    const headers = { 'Lease-Token': await someToken() };
    expect(await app.ask(method, path, { json, headers })).toMatchObject(UNSUPPORTED);
    expect((await load(app)).header('etag')).toBe(etag);
    expect(await keysOf(app.store, 'leases/')).toEqual([]);
  });

  it('jobs are created, loaded, listed, saved and deleted', async () => {
    const app = openApp({ store: storeWithoutSwap() });
    await app.create();
    const headers = { 'If-Match': '*' };
    const json = aState({ status: 'paused' });
    expect((await app.ask('PUT', JOB, { headers, json })).status).toBe(200);
    expect((await load(app)).json).toMatchObject({ status: 'paused' });
    expect((await app.ask('GET', '/v1/jobs')).json).toMatchObject({ jobs: [{ job_id: 'job-1' }] });
    expect((await app.ask('DELETE', JOB)).status).toBe(204);
  });

  it('sheets are updated to the last', async () => {
    const app = openApp({ store: storeWithoutSwap() });
    await app.create({ total_sheets: 2 });
    await update(app, 1, 'in_progress');
    await update(app, 1, 'completed');
    expect((await update(app, 2, 'completed')).json).toMatchObject({ status: 'completed' });
  });

  it('a sheet is not updated with a token', async () => {
    const app = openApp({ store: storeWithoutSwap() });
    await app.create();
    const headers = { 'Lease-Token': await someToken() };
    const json = { status: 'completed' };
    const refused = await app.ask('PUT', `${JOB}/sheets/1`, { headers, json });
    expect(refused).toMatchObject(aProblem({ status: 409, code: 'lease_lost' }));
  });

  it.each([
    ['pause', 'paused'],
    ['cancel', 'cancelled'],
    ['fail', 'failed'],
    ['resume', 'pending'],
  ])('POST %s is done at once', async (request, status) => {
    const app = openApp({ store: storeWithoutSwap() });
    await app.create();
    const answer = await app.ask('POST', `${JOB}/${request}`);
    expect([answer.status, answer.json]).toMatchObject([200, { status }]);
  });

  it('no hints are written', async () => {
    const app = openApp({ store: storeWithoutSwap() });
    await app.create();
    await app.ask('POST', `${JOB}/pause`);
    await app.ask('POST', `${JOB}/resume`);
    expect(await keysOf(app.store, 'ready/')).toEqual([]);
  });

  it('GET why promises no claim', async () => {
    const app = openApp({ store: storeWithoutSwap() });
    await app.create();
    const why = await app.ask('GET', `${JOB}/why`);
    expect([why.status, why.json]).toMatchObject([200, { claimable: false }]);
  });

  it('a job that was leased elsewhere is shown as recovered, and may be updated', async () => {
    const clock = frozenClock();
    const leasing = openApp({ clock });
    await leasing.create();
    await acquire(leasing);
    clock.advance(60_000);
    const { traits } = storeWithoutSwap();
    const app = openApp({ clock, store: { ...leasing.store, traits } });
    expect((await load(app)).json).toMatchObject({ status: 'paused' });
    expect((await update(app, 1, 'completed')).status).toBe(200);
  });
});
