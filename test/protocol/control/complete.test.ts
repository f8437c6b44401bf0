import { describe, expect, it } from 'vitest';
import { openApp } from '../../support/app.ts';
import {
  acquire,
  claimed,
  JOB,
  keysOf,
  LEASE,
  load,
  STATE_KEY,
  storedText,
  update,
  write,
} from '../../support/leasing.ts';
import { aProblem } from '../../support/problem.ts';
import { type SituationName, situate } from '../../support/situations.ts';
import { aState } from '../../support/state.ts';
import { tokensOf } from '../../support/tokens.ts';

const COMPLETE = `${JOB}/complete`;
const DONE = { job_id: 'job-1', status: 'completed', requested: null };

interface Stored {
  readonly status: string;
  readonly sheets: Readonly<Record<string, { status: string; completed_at: string | null }>>;
  readonly dalsegno: { readonly history: readonly unknown[] };
}

describe('POST /v1/jobs/{id}/complete', () => {
  it.each<SituationName>(['pending', 'zombie', 'paused', 'unleased', 'completed'])(
    'POST completes a job that is %s, and no claim gets it',
    async name => {
      const { app } = await situate(name);
      const answer = await app.ask('POST', COMPLETE, { json: {} });
      expect([answer.status, answer.json]).toEqual([200, DONE]);
      expect(answer.header('etag')).toBe((await load(app)).header('etag'));
      expect((await load(app)).json).toMatchObject({ status: 'completed', error_message: null });
      expect(await claimed(app)).toBeNull();
      expect(await keysOf(app.store, 'ready/')).toEqual([]);
      expect(await keysOf(app.store, 'leases/')).toEqual([]);
    },
  );

  it.each<SituationName>(['failed', 'cancelled'])(
    'POST answers job_finished for a job that is %s',
    async name => {
      const { app } = await situate(name);
      const refused = await app.ask('POST', COMPLETE);
      expect(refused).toMatchObject(aProblem({ status: 409, code: 'job_finished', path: '{id}' }));
      expect((await load(app)).json).toMatchObject({ status: name });
    },
  );

  it('POST answers job_not_found for a job that is not stored', async () => {
    const refused = await openApp().ask('POST', COMPLETE);
    expect(refused).toMatchObject(aProblem({ status: 404, code: 'job_not_found' }));
  });

  it('POST skips the sheets that remain, and leaves the others', async () => {
    const app = openApp();
    await app.create({ total_sheets: 4 });
    await update(app, 2, 'completed');
    await update(app, 3, 'failed');
    const before = (await load(app)).json as Stored;
    await app.ask('POST', COMPLETE);
    const { sheets } = (await load(app)).json as Stored;
    expect(Object.values(sheets).map(({ status }) => status)).toEqual([
      'skipped',
      'completed',
      'skipped',
      'skipped',
    ]);
    expect(sheets['2']).toEqual(before.sheets['2']);
    expect(sheets['4']).toMatchObject({ completed_at: expect.any(String) });
  });

  it('POST writes the sheets in the order of their numbers', async () => {
    const app = openApp();
    await app.create({ total_sheets: 12 });
    await update(app, 11, 'completed');
    await app.ask('POST', COMPLETE);
    const keys = [...(await storedText(app.store)).matchAll(/^ {4}"([0-9]+)": \{$/gm)];
    expect(keys.map(([, key]) => Number(key))).toEqual(
      Array.from({ length: 12 }, (_, at) => at + 1),
    );
  });

  it('POST keeps an order of the sheets that another program has chosen', async () => {
    const app = openApp();
    const sheets = '"3": {"sheet_num": 3}, "1": {"sheet_num": 1}';
    const text = `${JSON.stringify(aState()).slice(0, -1)}, "sheets": {${sheets}}}`;
    await write(app.store, STATE_KEY, text);
    expect((await app.ask('POST', COMPLETE)).status).toBe(200);
    expect(await storedText(app.store)).toMatch(/"3": \{.*"1": \{.*"2": \{/s);
  });

  it('POST completes a job with 10,000 sheets that remain', async () => {
    const app = openApp({ limits: { sheets: 10_000, bytes: 32 * 1024 * 1024 } });
    await app.create({ total_sheets: 10_000 });
    await update(app, 5000, 'completed');
    expect((await app.ask('POST', COMPLETE)).status).toBe(200);
    const list = await app.ask('GET', '/v1/jobs');
    expect(list.json).toMatchObject({ jobs: [{ status: 'completed', progress: [1, 10_000] }] });
    expect((await load(app)).text.match(/"status": "skipped"/g)).toHaveLength(9999);
  });

  it('POST refuses to add more sheets than a job may have', async () => {
    const app = openApp({ limits: { sheets: 100, bytes: 1 << 20 } });
    await write(app.store, STATE_KEY, JSON.stringify(aState({ total_sheets: 1e15 })));
    const refused = await app.ask('POST', COMPLETE);
    expect(refused).toMatchObject(aProblem({ status: 413, code: 'state_too_large' }));
    expect(refused.json).toMatchObject({ limit_sheets: 100 });
  });

  it('POST that is too large changes nothing, and the holder keeps its lease', async () => {
    const app = openApp({ limits: { sheets: 100, bytes: 9000 } });
    await app.create({ total_sheets: 100 });
    const { headers } = await acquire(app);
    expect((await app.ask('POST', COMPLETE, { headers })).status).toBe(413);
    expect((await app.ask('PUT', LEASE, { headers })).status).toBe(200);
  });

  it('POST records who completed the job', async () => {
    const tokens = await tokensOf({ ops: 'admin;name=ops' });
    const app = openApp({ access: tokens.list });
    const headers = tokens.as('ops');
    const json = { job_id: 'job-1', job_name: 'x', total_sheets: 1 };
    await app.ask('POST', '/v1/jobs', { json, headers });
    await app.ask('POST', COMPLETE, { headers });
    const job = await app.ask('GET', JOB, { headers });
    expect((job.json as Stored).dalsegno.history).toMatchObject([
      { event: 'completed', holder: null, by: 'ops' },
    ]);
  });

  it.each([
    [{ json: { error_message: 'x' } }, 422],
    [{ body: '{' }, 400],
    [{ headers: { 'Lease-Token': 'garbage' } }, 422],
  ])('POST refuses %j with %i, and changes nothing', async (options, status) => {
    const app = openApp();
    const etag = await app.create();
    expect((await app.ask('POST', COMPLETE, options)).status).toBe(status);
    expect((await app.ask('POST', `${COMPLETE}?force=maybe`)).status).toBe(422);
    expect((await load(app)).header('etag')).toBe(etag);
  });
});

describe('POST /v1/jobs/{id}/complete of a held job', () => {
  it('POST answers lease_held, and passes nothing to the holder', async () => {
    const { app, held } = await situate('held');
    const refused = await app.ask('POST', COMPLETE);
    expect(refused).toMatchObject(aProblem({ status: 409, code: 'lease_held' }));
    const beat = await app.ask('PUT', LEASE, { headers: held?.headers ?? {} });
    expect(beat.json).toMatchObject({ requested: null });
  });

  it('POST ?force=true takes the job from its holder, which can write nothing then', async () => {
    const { app, held } = await situate('held');
    const headers = held?.headers ?? {};
    expect((await app.ask('POST', `${COMPLETE}?force=true`)).json).toEqual(DONE);
    expect(await keysOf(app.store, 'leases/')).toEqual([]);
    expect((await app.ask('PUT', LEASE, { headers })).status).toBe(409);
    expect((await update(app, 1, 'completed', held ?? undefined)).status).toBe(409);
  });

  it('POST with the token of the holder completes the job, once and again', async () => {
    const { app, held } = await situate('held');
    const headers = held?.headers ?? {};
    expect((await app.ask('POST', COMPLETE, { headers })).json).toEqual(DONE);
    const etag = (await load(app)).header('etag');
    // The first answer may have been lost.
    expect((await app.ask('POST', COMPLETE, { headers })).json).toEqual(DONE);
    expect((await load(app)).header('etag')).toBe(etag);
    expect(await keysOf(app.store, 'leases/')).toEqual([]);
  });

  it('POST answers lease_lost to the token of an earlier lease', async () => {
    const { app, held } = await situate('zombie');
    await acquire(app);
    const refused = await app.ask('POST', COMPLETE, { headers: held?.headers ?? {} });
    expect(refused).toMatchObject(aProblem({ status: 409, code: 'lease_lost' }));
    const forced = await app.ask('POST', `${COMPLETE}?force=true`, {
      headers: held?.headers ?? {},
    });
    expect(forced.status).toBe(409);
  });

  it('POST needs the scope admin without a lease token, and work with it', async () => {
    const tokens = await tokensOf({ work: 'work', read: 'read' });
    const app = openApp({ access: tokens.list });
    const json = { job_id: 'job-1', job_name: 'x', total_sheets: 1 };
    await app.ask('POST', '/v1/jobs', { json, headers: tokens.as('work') });
    const lease = await app.ask('POST', LEASE, {
      json: { holder: 'w-1' },
      headers: tokens.as('work'),
    });
    const { token } = lease.json as { token: string };
    const asked = (name: 'work' | 'read', more = {}) =>
      app.ask('POST', COMPLETE, { headers: { ...tokens.as(name), ...more } });
    expect((await asked('work')).status).toBe(403);
    expect((await asked('read', { 'Lease-Token': token })).status).toBe(403);
    expect((await asked('work', { 'Lease-Token': token })).status).toBe(200);
  });
});
