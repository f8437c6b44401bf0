import { describe, expect, it } from 'vitest';
import { type AppClient, openApp } from '../support/app.ts';
import { frozenClock, type MovableClock } from '../support/clock.ts';
import {
  acquire,
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
import { situate } from '../support/situations.ts';

const RECOVERY =
  'Zombie recovery: the lease of "w-1" (epoch 1) expired at 2026-03-04T05:07:07Z; sheet 1 is next';

describe('GET of a job whose holder is dead', () => {
  it('GET shows it running up to the end of the lease', async () => {
    const { app, clock } = await situate('held');
    clock.advance(59_999);
    expect((await load(app)).json).toMatchObject({ status: 'running', error_message: null });
  });

  it('GET shows it paused, with the message of the recovery', async () => {
    const { app } = await situate('zombie');
    expect((await load(app)).json).toMatchObject({
      status: 'paused',
      pid: null,
      error_message: RECOVERY,
    });
  });

  it('GET names the sheet that the job goes on from', async () => {
    const { app, clock, held } = await situate('held');
    await update(app, 1, 'completed', held ?? undefined);
    await update(app, 2, 'in_progress', held ?? undefined);
    clock.advance(60_000);
    expect((await load(app)).json).toMatchObject({
      error_message: expect.stringMatching(/sheet 2 is next$/),
    });
  });

  it('GET writes nothing', async () => {
    const { app, held } = await situate('zombie');
    const key = held?.key ?? '';
    const before = [await storedText(app.store), await storedText(app.store, key)];
    await load(app);
    await app.ask('GET', `${JOB}/next-sheet`);
    await app.ask('GET', `${JOB}/why`);
    await app.ask('GET', '/v1/jobs');
    expect([await storedText(app.store), await storedText(app.store, key)]).toEqual(before);
    expect(await keysOf(app.store, 'ready/')).toEqual([]);
    expect(await keysOf(app.store, 'lapses/')).toEqual([]);
  });

  it('GET shows it as it is once it is recovered, but for the count and the times', async () => {
    const { app } = await situate('zombie');
    const shown = (await load(app)).json as Record<string, unknown>;
    await app.ask('POST', '/v1/sweep');
    const recovered = (await load(app)).json as Record<string, unknown>;
    const updated_at = expect.any(String);
    expect(recovered).toEqual({ ...shown, updated_at, dalsegno: expect.anything() });
  });

  it('GET does not answer 304, for the reader’s copy says that it runs', async () => {
    const { app, clock } = await situate('held');
    const headers = { 'If-None-Match': (await load(app)).header('etag') ?? '' };
    expect((await app.ask('GET', JOB, { headers })).status).toBe(304);
    clock.advance(60_000);
    const loaded = await app.ask('GET', JOB, { headers });
    expect([loaded.status, loaded.json]).toMatchObject([200, { status: 'paused' }]);
  });

  it('GET in a process that has never seen the job shows it paused as well', async () => {
    const { app, clock } = await situate('zombie');
    const other = openApp({ clock, store: app.store });
    expect((await load(other)).json).toMatchObject({ status: 'paused', error_message: RECOVERY });
  });

  it('GET shows a job as paused whose lease object is gone', async () => {
    const { app, held } = await situate('held');
    await app.store.delete(held?.key ?? '', { kind: 'none' });
    expect((await load(app)).json).toMatchObject({
      status: 'paused',
      error_message: expect.stringContaining('unreadable or gone'),
    });
  });

  it('GET shows a running job without a lease as running, however long it runs', async () => {
    const { app, clock } = await situate('unleased');
    clock.advance(1e9);
    expect((await load(app)).json).toMatchObject({ status: 'running' });
  });

  it('GET of the list shows what is stored', async () => {
    const { app } = await situate('zombie');
    const listed = await app.ask('GET', '/v1/jobs?status=running');
    expect(listed.json).toMatchObject({ jobs: [{ job_id: 'job-1', status: 'running' }] });
  });

  it('GET of the next sheet answers as for any job', async () => {
    const { app } = await situate('zombie');
    expect((await app.ask('GET', `${JOB}/next-sheet`)).json).toMatchObject({ next_sheet: 1 });
  });

  it('DELETE needs no force', async () => {
    const { app } = await situate('zombie');
    expect((await app.ask('DELETE', JOB)).status).toBe(204);
    expect(await keysOf(app.store, 'leases/')).toEqual([]);
  });
});

/** Leases the job, to a holder that sends one heartbeat. */
async function use(app: AppClient): Promise<Held> {
  const held = await acquire(app);
  await app.ask('PUT', LEASE, { headers: held.headers });
  return held;
}

/** Leases the job so many times, to holders that all die at work. */
async function die(
  { app, clock }: { app: AppClient; clock: MovableClock },
  times: number,
): Promise<void> {
  for (let time = 0; time < times; time++) {
    await use(app);
    clock.advance(60_000);
    await app.ask('POST', '/v1/sweep');
  }
}

function open() {
  const clock = frozenClock();
  return { clock, app: openApp({ clock }) };
}

describe('a job whose holders die', () => {
  it('is claimable after the second of them', async () => {
    const stage = open();
    await stage.app.create();
    await die(stage, 2);
    expect((await load(stage.app)).json).toMatchObject({ dalsegno: { recoveries: 2 } });
    expect(await claimed(stage.app)).toBe('job-1');
  });

  it('fails with the third where no sheet was completed in between', async () => {
    const stage = open();
    await stage.app.create();
    await die(stage, 3);
    expect((await load(stage.app)).json).toMatchObject({
      status: 'failed',
      error_message: expect.stringMatching(/^Recovered 3 times .* Zombie recovery: /),
      completed_at: '2026-03-04T05:09:07Z',
      dalsegno: { epoch: 3, recoveries: 3, lease: null },
    });
    expect(await claimed(stage.app)).toBeNull();
  });

  it('is reported as failed by the sweep that fails it', async () => {
    const { app, clock } = open();
    await app.create();
    await die({ app, clock }, 2);
    await use(app);
    clock.advance(60_000);
    expect((await app.ask('POST', '/v1/sweep')).json).toMatchObject({ recovered: 0, failed: 1 });
  });

  it('is refused as finished to who would take it over the third time', async () => {
    const { app, clock } = open();
    await app.create();
    await die({ app, clock }, 2);
    await use(app);
    clock.advance(60_000);
    const refused = await app.ask('POST', LEASE, { json: { holder: 'w-2' } });
    expect(refused).toMatchObject(aProblem({ status: 409, code: 'job_finished' }));
  });

  it('counts anew from every sheet that is completed', async () => {
    const stage = open();
    await stage.app.create();
    await die(stage, 2);
    await update(stage.app, 1, 'completed', await acquire(stage.app));
    stage.clock.advance(60_000);
    await stage.app.ask('POST', '/v1/sweep');
    expect((await load(stage.app)).json).toMatchObject({
      status: 'paused',
      dalsegno: { recoveries: 1 },
    });
  });

  it.each(['in_progress', 'failed', 'skipped'])(
    'does not count anew from a sheet that is %s',
    async status => {
      const stage = open();
      await stage.app.create();
      await die(stage, 2);
      await update(stage.app, 1, status, await acquire(stage.app));
      expect((await load(stage.app)).json).toMatchObject({ dalsegno: { recoveries: 2 } });
    },
  );

  it('does not count anew from a sheet that was completed before', async () => {
    const stage = open();
    await stage.app.create();
    await update(stage.app, 1, 'completed');
    await die(stage, 2);
    await update(stage.app, 1, 'completed', await acquire(stage.app));
    expect((await load(stage.app)).json).toMatchObject({ dalsegno: { recoveries: 2 } });
  });

  it('does not count anew from a release', async () => {
    const stage = open();
    await stage.app.create();
    await die(stage, 2);
    const { headers } = await acquire(stage.app);
    await stage.app.ask('DELETE', LEASE, { headers });
    await die(stage, 1);
    expect((await load(stage.app)).json).toMatchObject({ status: 'failed' });
  });

  it('may be resumed when it has failed, and counts anew', async () => {
    const stage = open();
    await stage.app.create();
    await die(stage, 3);
    await stage.app.ask('POST', `${JOB}/resume`);
    expect((await load(stage.app)).json).toMatchObject({
      status: 'paused',
      error_message: null,
      completed_at: null,
      dalsegno: { epoch: 3, recoveries: 0 },
    });
    await die(stage, 2);
    expect(await claimed(stage.app)).toBe('job-1');
  });
});
