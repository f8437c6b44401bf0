import { describe, expect, it } from 'vitest';
import { type Answer, type AppClient, openApp } from '../../support/app.ts';
import { acquire, type Held, JOB, LEASE, load, STATE_KEY } from '../../support/leasing.ts';
import { aProblem } from '../../support/problem.ts';

const SHEET = `${JOB}/sheets/1`;

/** Who sends the updates: the holder of a lease, or anybody where nobody holds the job. */
interface Sender {
  readonly app: AppClient;
  update(json: Readonly<Record<string, unknown>>): Promise<Answer>;
}

function sender(app: AppClient, held?: Held): Sender {
  const headers = held?.headers ?? {};
  return { app, update: json => app.ask('PUT', SHEET, { json, headers }) };
}

async function openSender(kind: 'a holder' | 'anybody'): Promise<Sender> {
  const app = openApp();
  await app.create({ total_sheets: 2 });
  return kind === 'a holder' ? sender(app, await acquire(app)) : sender(app);
}

/** Two attempts, of which the second one runs. */
async function inTheSecond(kind: 'a holder' | 'anybody'): Promise<Sender> {
  const job = await openSender(kind);
  await job.update({ status: 'in_progress', attempt: 1 });
  await job.update({ status: 'failed', attempt: 1, error_message: 'no space' });
  await job.update({ status: 'in_progress', attempt: 2 });
  return job;
}

async function sheetOf(app: AppClient): Promise<unknown> {
  return ((await load(app)).json as { sheets: Record<string, unknown> }).sheets['1'];
}

describe.each(['a holder', 'anybody'] as const)('an update by %s that names its attempt', kind => {
  it('PUT answers at which attempt the sheet is', async () => {
    const job = await openSender(kind);
    expect((await job.update({ status: 'in_progress', attempt: 1 })).json).toMatchObject({
      attempt: 1,
    });
    expect((await job.update({ status: 'failed', attempt: 1 })).json).toMatchObject({ attempt: 1 });
    const second = await job.update({ status: 'in_progress', attempt: 2 });
    expect(second.json).toMatchObject({ attempt: 2 });
    expect(second.json).not.toHaveProperty('stale_attempt');
  });

  it.each([
    { status: 'in_progress', attempt: 1 },
    { status: 'failed', attempt: 1, error_message: 'no space' },
    { status: 'failed', attempt: 1, error_message: 'another one', error_type: 'transient' },
    { status: 'completed', attempt: 1, stdout: 'late' },
    { status: 'skipped', attempt: 1, reason: 'late' },
  ])('PUT $status of an earlier attempt changes nothing, and says so', async json => {
    const job = await inTheSecond(kind);
    const version = await job.app.store.head(STATE_KEY);
    const late = await job.update(json);
    expect([late.status, late.json]).toMatchObject([
      200,
      { stale_attempt: true, attempt: 2, status: 'running', next_sheet: 1 },
    ]);
    expect(await job.app.store.head(STATE_KEY)).toBe(version);
    expect(late.header('etag')).toBe((await load(job.app)).header('etag'));
  });

  it.each([
    { status: 'in_progress' },
    { status: 'failed', error_message: 'no space', error_type: 'transient' },
    { status: 'completed', stdout: 'x'.repeat(60_000) },
    { status: 'skipped', reason: 'not needed' },
  ])('PUT $status said again changes nothing and answers the same', async update => {
    const job = await openSender(kind);
    await job.update({ status: 'in_progress', attempt: 1 });
    const json = { ...update, attempt: 1 };
    const first = await job.update(json);
    const version = await job.app.store.head(STATE_KEY);
    const second = await job.update(json);
    expect([second.status, second.text]).toEqual([200, first.text]);
    expect(second.json).not.toHaveProperty('stale_attempt');
    expect(await job.app.store.head(STATE_KEY)).toBe(version);
  });

  it.each([
    { status: 'in_progress', attempt: 4 },
    { status: 'in_progress', attempt: '99999999999999999999' },
    { status: 'failed', attempt: 3 },
    { status: 'completed', attempt: 3 },
    { status: 'skipped', attempt: 3 },
  ])('PUT $status of the attempt $attempt is refused: it cannot have started', async json => {
    const job = await inTheSecond(kind);
    const before = (await load(job.app)).text;
    const refused = await job.update(json);
    expect(refused).toMatchObject(aProblem({ status: 422, code: 'invalid', path: '/attempt' }));
    expect((await load(job.app)).text).toBe(before);
  });

  it.each([0, -1, 1.5, 'one', null, [1]])('PUT refuses %j for an attempt', async attempt => {
    const job = await openSender(kind);
    const refused = await job.update({ status: 'in_progress', attempt });
    expect(refused).toMatchObject(aProblem({ status: 422, code: 'invalid', path: '/attempt' }));
  });

  it('PUT in_progress starts the next attempt, whatever became of the one before', async () => {
    const job = await openSender(kind);
    const attempts: unknown[] = [];
    for (const [index, status] of ['in_progress', 'failed', 'skipped', 'completed'].entries()) {
      await job.update({ status: 'in_progress', attempt: index + 1 });
      await job.update({ status, attempt: index + 1 });
      await job.update({ status: 'in_progress', attempt: index + 2 });
      attempts.push(await sheetOf(job.app));
    }
    expect(attempts).toMatchObject(
      [2, 3, 4, 5].map(attempt_count => ({ status: 'in_progress', attempt_count })),
    );
  });

  it('PUT in_progress of an attempt that has ended does not start it again', async () => {
    const job = await openSender(kind);
    await job.update({ status: 'in_progress', attempt: 1 });
    await job.update({ status: 'failed', attempt: 1 });
    const late = await job.update({ status: 'in_progress', attempt: 1 });
    expect(late.json).toMatchObject({ stale_attempt: true, attempt: 1 });
    expect(await sheetOf(job.app)).toMatchObject({ status: 'failed', attempt_count: 1 });
  });

  it('PUT failed does not take back that its attempt completed', async () => {
    const job = await openSender(kind);
    await job.update({ status: 'in_progress', attempt: 1 });
    await job.update({ status: 'completed', attempt: 1 });
    await job.update({ status: 'failed', attempt: 1 });
    expect(await sheetOf(job.app)).toMatchObject({ status: 'completed' });
  });

  it('PUT stores nothing of the number', async () => {
    const named = await openSender(kind);
    const unnamed = await openSender(kind);
    for (const status of ['in_progress', 'completed']) {
      await named.update({ status, attempt: 1 });
      await unnamed.update({ status });
    }
    expect(await sheetOf(named.app)).toEqual(await sheetOf(unnamed.app));
  });

  it('PUT honours If-Match where the attempt is stale', async () => {
    const { app } = await openSender('anybody');
    const stale = await app.create({ job_id: 'job-2' });
    const path = '/v1/jobs/job-2/sheets/1';
    for (const attempt of [1, 2]) {
      await app.ask('PUT', path, { json: { status: 'in_progress', attempt } });
    }
    const refused = await app.ask('PUT', path, {
      json: { status: 'failed', attempt: 1 },
      headers: { 'If-Match': stale },
    });
    expect(refused).toMatchObject(aProblem({ status: 412, code: 'version_conflict' }));
  });
});

describe('an attempt', () => {
  it('that another holder started makes the updates of the one before stale', async () => {
    const app = openApp();
    await app.create();
    const first = await acquire(app);
    await sender(app, first).update({ status: 'in_progress', attempt: 1 });
    await app.ask('DELETE', LEASE, { headers: first.headers });
    const second = sender(app, await acquire(app));
    await second.update({ status: 'in_progress', attempt: 2 });
    const late = await second.update({ status: 'completed', attempt: 1 });
    expect(late.json).toMatchObject({ stale_attempt: true, attempt: 2 });
    expect(await sheetOf(app)).toMatchObject({ status: 'in_progress' });
  });

  it('does not open the job to a lease that is lost', async () => {
    const app = openApp();
    await app.create();
    const held = await acquire(app);
    await app.ask('DELETE', LEASE, { headers: held.headers });
    const lost = await sender(app, held).update({ status: 'in_progress', attempt: 1 });
    expect(lost).toMatchObject(aProblem({ status: 409, code: 'lease_lost' }));
  });

  it('of the last sheet is repeated after the lease has ended with the job', async () => {
    const app = openApp();
    await app.create({ total_sheets: 1 });
    const job = sender(app, await acquire(app));
    await job.update({ status: 'in_progress', attempt: 1 });
    const json = { status: 'completed', attempt: 1 };
    const first = await job.update(json);
    const second = await job.update(json);
    expect([second.status, second.text]).toEqual([200, first.text]);
  });

  it('is named by two updates at once, and counted once', async () => {
    const job = await openSender('anybody');
    const json = { status: 'in_progress', attempt: 1 };
    await Promise.all([job.update(json), job.update(json)]);
    expect(await sheetOf(job.app)).toMatchObject({ attempt_count: 1 });
  });
});
