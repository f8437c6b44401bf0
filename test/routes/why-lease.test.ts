import { describe, expect, it } from 'vitest';
import { openApp } from '../support/app.ts';
import { acquire, beat, JOB, LEASE, load, STATE_KEY, write } from '../support/leasing.ts';
import { aProblem } from '../support/problem.ts';
import { situate } from '../support/situations.ts';

const WHY = `${JOB}/why`;

describe('GET /v1/jobs/{id}/why', () => {
  it('GET answers job_not_found for a job that is not stored', async () => {
    const app = openApp();
    expect(await app.ask('GET', WHY)).toMatchObject(
      aProblem({ status: 404, code: 'job_not_found' }),
    );
  });

  it('GET names the holder, its progress and when it was heard of', async () => {
    const { app, clock, held } = await situate('held');
    clock.advance(10_000);
    const json = { progress: { done: 7 } };
    await app.ask('PUT', LEASE, { headers: held?.headers ?? {}, json });
    clock.advance(5000);
    const why = await app.ask('GET', WHY);
    expect(why.json).toMatchObject({
      lease: { holder: 'w-1', renewals: 1, progress: { done: 7 } },
      expires_at: '2026-03-04T05:07:17Z',
      renew_after_ms: 20_000,
    });
    expect(why.text).toContain('5 s ago');
  });

  it('GET tells that a job failed after the third recovery', async () => {
    const { app, clock } = await situate('zombie');
    await beat(app, await acquire(app));
    clock.advance(60_000);
    await beat(app, await acquire(app));
    clock.advance(60_000);
    await app.ask('POST', '/v1/sweep');
    expect((await app.ask('GET', WHY)).json).toMatchObject({
      status: 'failed',
      standing: 'finished',
      recoveries: 3,
      evidence: expect.arrayContaining([expect.stringContaining('Recovered 3 times')]),
    });
  });

  it('GET tells that the next recovery is the last', async () => {
    const { app, clock } = await situate('zombie');
    await beat(app, await acquire(app));
    clock.advance(60_000);
    await beat(app, await acquire(app));
    clock.advance(60_000);
    expect((await app.ask('GET', WHY)).json).toMatchObject({
      standing: 'zombie',
      recoveries: 2,
      next: expect.stringContaining('fails it'),
    });
  });

  it('GET tells where a corrupt state is stored', async () => {
    const { app } = await situate('pending');
    await write(app.store, STATE_KEY, '{');
    expect((await app.ask('GET', WHY)).text).toContain(
      JSON.stringify(app.store.locate(STATE_KEY)).slice(1, -1),
    );
  });

  it('GET tells what will come of a zombie that was to be cancelled', async () => {
    const { app, clock } = await situate('held');
    await app.ask('POST', `${JOB}/cancel`);
    clock.advance(60_000);
    expect((await app.ask('GET', WHY)).json).toMatchObject({
      standing: 'zombie',
      requested: 'cancel',
    });
  });

  // It tells of a job that will be claimable, and the sweep cancels it.
  it('GET does not promise that a zombie which was to be cancelled is claimable next', async () => {
    const { app, clock } = await situate('held');
    await app.ask('POST', `${JOB}/cancel`);
    clock.advance(60_000);
    expect((await app.ask('GET', WHY)).json).toMatchObject({
      next: expect.not.stringContaining('claimable'),
    });
  });

  it('GET tells of the request to a stalled holder', async () => {
    const { app, clock } = await situate('held');
    await app.ask('POST', `${JOB}/fail`, { json: { error_message: 'because' } });
    clock.advance(50_000);
    expect((await app.ask('GET', WHY)).json).toMatchObject({
      standing: 'stalled',
      requested: 'fail',
      evidence: expect.arrayContaining([expect.stringContaining('because')]),
    });
  });

  it('GET answers from the stored bytes in a process that has seen nothing', async () => {
    const { app, clock } = await situate('zombie');
    const other = openApp({ clock, store: app.store });
    expect((await other.ask('GET', WHY)).json).toMatchObject({ standing: 'zombie', holder: 'w-1' });
  });

  // A claim takes a pending job by any hint, and this looks for the one of its last change alone.
  it('GET says claimable of what a claim gets, where another program has written the job since', async () => {
    const { app } = await situate('pending');
    const state = (await load(app)).json as Record<string, unknown>;
    const updated_at = '2026-03-04T05:06:08.000000Z';
    await write(app.store, STATE_KEY, JSON.stringify({ ...state, updated_at }));
    const { claimable } = (await app.ask('GET', WHY)).json as { claimable: boolean };
    const got = await app.ask('POST', '/v1/claims', { json: { holder: 'w' } });
    expect([claimable, got.status]).toEqual([true, 201]);
  });
});
