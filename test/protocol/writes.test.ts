import { describe, expect, it } from 'vitest';
import { openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import {
  acquire,
  beat,
  claimed,
  type Held,
  JOB,
  keysOf,
  LEASE,
  load,
  storedText,
  update,
} from '../support/leasing.ts';
import { aProblem } from '../support/problem.ts';
import { aState } from '../support/state.ts';

const WRITES = [
  ['PUT', `${JOB}/sheets/1`, { status: 'completed' }],
  ['PUT', JOB, aState({ status: 'running' })],
  ['DELETE', JOB, undefined],
] as const;

const ANY = { 'If-Match': '*' };

describe.each(WRITES)('%s %s of a leased job', (method, path, json) => {
  it('answers lease_held without a token, and changes nothing', async () => {
    const app = openApp();
    await app.create();
    await acquire(app);
    const before = await storedText(app.store);
    const refused = await app.ask(method, path, { json, headers: ANY });
    expect(refused).toMatchObject(
      aProblem({ status: 409, code: 'lease_held', path: 'Lease-Token' }),
    );
    expect(refused.json).toMatchObject({ holder: 'w-1', expires_at: '2026-03-04T05:07:07Z' });
    expect(refused.header('retry-after')).toBe('60');
    expect(await storedText(app.store)).toBe(before);
  });

  it('answers lease_lost to the token of an earlier lease, and changes nothing', async () => {
    const app = openApp();
    await app.create();
    const old = await acquire(app);
    await app.ask('DELETE', LEASE, { headers: old.headers });
    await acquire(app);
    const before = await storedText(app.store);
    const refused = await app.ask(method, path, { json, headers: { ...ANY, ...old.headers } });
    expect(refused).toMatchObject(
      aProblem({ status: 409, code: 'lease_lost', path: 'Lease-Token' }),
    );
    expect(await storedText(app.store)).toBe(before);
  });

  it('answers lease_lost to the token of another job', async () => {
    const app = openApp();
    await app.create();
    await app.create({ job_id: 'job-2' });
    await acquire(app);
    const { headers } = await acquire(app, { path: '/v1/jobs/job-2' });
    const refused = await app.ask(method, path, { json, headers: { ...ANY, ...headers } });
    expect(refused).toMatchObject(aProblem({ status: 409, code: 'lease_lost' }));
  });

  it('answers lease_lost to a token when nobody holds the job any more', async () => {
    const app = openApp();
    await app.create();
    const { headers } = await acquire(app);
    await app.ask('DELETE', LEASE, { headers });
    const refused = await app.ask(method, path, { json, headers: { ...ANY, ...headers } });
    expect(refused).toMatchObject(aProblem({ status: 409, code: 'lease_lost' }));
  });

  it('is done with the token of the lease', async () => {
    const app = openApp();
    await app.create();
    const { headers } = await acquire(app);
    const done = await app.ask(method, path, { json, headers: { ...ANY, ...headers } });
    expect([200, 204]).toContain(done.status);
  });

  it('answers version_conflict to the holder who expects another version', async () => {
    const app = openApp();
    const stale = await app.create();
    const { headers } = await acquire(app);
    const given = { json, headers: { ...headers, 'If-Match': stale } };
    const refused = await app.ask(method, path, given);
    expect(refused).toMatchObject(aProblem({ status: 412, code: 'version_conflict' }));
  });

  it('is done for the holder who expects the stored version', async () => {
    const app = openApp();
    await app.create();
    const { headers, answer } = await acquire(app);
    const given = { json, headers: { ...headers, 'If-Match': answer.header('etag') ?? '' } };
    expect([200, 204]).toContain((await app.ask(method, path, given)).status);
  });

  it('refuses a token that is none', async () => {
    const app = openApp();
    await app.create();
    const given = { json, headers: { ...ANY, 'Lease-Token': 'garbage' } };
    const refused = await app.ask(method, path, given);
    expect(refused).toMatchObject(aProblem({ status: 422, code: 'invalid', path: 'Lease-Token' }));
  });

  it('needs no token once the holder is dead', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create();
    await acquire(app);
    clock.advance(60_000);
    expect([200, 204]).toContain((await app.ask(method, path, { json, headers: ANY })).status);
    expect(await keysOf(app.store, 'leases/')).toEqual([]);
  });

  it('is refused to a holder that another one has taken the job from', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create();
    const { headers } = await acquire(app);
    clock.advance(65_000);
    await acquire(app);
    const refused = await app.ask(method, path, { json, headers: { ...ANY, ...headers } });
    expect(refused).toMatchObject(aProblem({ status: 409, code: 'lease_lost' }));
  });
});

describe('PUT /v1/jobs/{id} by the holder', () => {
  async function save(
    app: ReturnType<typeof openApp>,
    held: Held,
    state: Readonly<Record<string, unknown>>,
  ) {
    return app.ask('PUT', JOB, { headers: { ...ANY, ...held.headers }, json: aState(state) });
  }

  it('PUT keeps the lease while the job runs', async () => {
    const app = openApp();
    await app.create();
    const held = await acquire(app);
    await save(app, held, { status: 'running' });
    expect((await app.ask('PUT', LEASE, { headers: held.headers })).status).toBe(200);
  });

  it.each(['pending', 'paused', 'completed', 'failed', 'cancelled'])(
    'PUT ends the lease with the status %s',
    async status => {
      const app = openApp();
      await app.create();
      const held = await acquire(app);
      const saved = await save(app, held, { status });
      expect(saved.json).toMatchObject({ status, dalsegno: { epoch: 1, lease: null } });
      expect(await keysOf(app.store, 'leases/')).toEqual([]);
      expect((await app.ask('PUT', LEASE, { headers: held.headers })).status).toBe(409);
    },
  );

  it('PUT makes the job claimable with the status pending', async () => {
    const app = openApp();
    await app.create();
    await save(app, await acquire(app), { status: 'pending' });
    expect(await claimed(app)).toBe('job-1');
  });

  it('PUT leaves the job to an operator with the status paused', async () => {
    const app = openApp();
    await app.create();
    await save(app, await acquire(app), { status: 'paused' });
    expect(await claimed(app)).toBeNull();
  });
});

describe('DELETE /v1/jobs/{id} with ?force', () => {
  it('DELETE ?force=true removes a leased job, its lease and its hint', async () => {
    const app = openApp();
    await app.create();
    await acquire(app);
    expect((await app.ask('DELETE', `${JOB}?force=true`)).status).toBe(204);
    const folders = ['jobs/', 'leases/', 'ready/', 'lapses/'];
    const keys = await Promise.all(folders.map(folder => keysOf(app.store, folder)));
    expect(keys.flat()).toEqual([]);
  });

  it('DELETE ?force=false is as without it', async () => {
    const app = openApp();
    await app.create();
    await acquire(app);
    const refused = await app.ask('DELETE', `${JOB}?force=false`);
    expect(refused).toMatchObject(aProblem({ status: 409, code: 'lease_held' }));
  });

  it.each(['maybe', '', '1', 'TRUE'])('DELETE ?force=%s is refused', async force => {
    const app = openApp();
    await app.create();
    const refused = await app.ask('DELETE', `${JOB}?force=${force}`);
    expect(refused).toMatchObject(aProblem({ status: 422, code: 'invalid', path: '?force' }));
  });

  it('DELETE ?force=true honours If-Match', async () => {
    const app = openApp();
    const stale = await app.create();
    await acquire(app);
    const headers = { 'If-Match': stale };
    expect((await app.ask('DELETE', `${JOB}?force=true`, { headers })).status).toBe(412);
  });

  it('DELETE removes the hint of a job that waits', async () => {
    const app = openApp();
    await app.create();
    await app.ask('DELETE', JOB);
    expect(await keysOf(app.store, 'ready/')).toEqual([]);
  });
});

describe('updates of a job whose holder is dead', () => {
  it('PUT recovers the job before it updates the sheet', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create();
    await beat(app, await acquire(app));
    clock.advance(60_000);
    expect((await update(app, 1, 'skipped')).json).toMatchObject({ status: 'paused' });
    expect((await load(app)).json).toMatchObject({
      error_message: expect.stringMatching(/^Zombie recovery: /),
      dalsegno: { epoch: 1, recoveries: 1, lease: null },
    });
  });

  it('PUT by the late holder, whom nobody took the job from, counts', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create();
    const held = await acquire(app);
    clock.advance(60_000);
    expect((await update(app, 1, 'completed', held)).json).toMatchObject({ progress: [1, 3] });
  });
});
