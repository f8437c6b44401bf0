import { describe, expect, it } from 'vitest';
import { type AppClient, openApp } from '../../support/app.ts';
import { acquire, JOB } from '../../support/leasing.ts';
import { aProblem } from '../../support/problem.ts';
import { aState } from '../../support/state.ts';
import { tokensOf } from '../../support/tokens.ts';

const FORBIDDEN = aProblem({ status: 403, code: 'forbidden', path: 'Authorization' });
const STOPPED = ['paused', 'paused_at_chain', 'failed', 'cancelled'] as const;
const OVERWRITE = { 'If-Match': '*' };
const CREATE = { 'If-None-Match': '*' };

interface Guarded {
  readonly app: AppClient;
  /** The same service as it is asked by a worker, with what it shows besides its access token. */
  readonly worker: Pick<AppClient, 'ask'>;
  readonly admin: Pick<AppClient, 'ask'>;
}

/** A service whose job has a status. */
async function withJob(status: string): Promise<Guarded> {
  const tokens = await tokensOf({ work: 'work', admin: 'admin' });
  const app = openApp({ access: tokens.list });
  const as = (own: Record<string, string>): Pick<AppClient, 'ask'> => ({
    ask: (method, path, { headers = {}, ...rest } = {}) =>
      app.ask(method, path, { ...rest, headers: { ...own, ...headers } }),
  });
  const admin = as(tokens.as('admin'));
  await admin.ask('POST', '/v1/jobs', { json: aState({ status }) });
  return { app, worker: as(tokens.as('work')), admin };
}

async function statusOf({ admin }: Guarded): Promise<unknown> {
  return (await admin.ask('GET', JOB)).json;
}

describe('a worker that does not hold the job', () => {
  it.each(STOPPED)('cannot save it as %s', async status => {
    const guarded = await withJob('running');
    const json = aState({ status });
    const saved = await guarded.worker.ask('PUT', JOB, { json, headers: OVERWRITE });
    expect(saved).toMatchObject(FORBIDDEN);
    expect(saved.json).toMatchObject({ detail: expect.stringContaining('lease token') });
    expect(await statusOf(guarded)).toMatchObject({ status: 'running' });
  });

  const ways = STOPPED.flatMap(from =>
    ['pending', 'running', 'completed', 'cancelled']
      .filter(to => to !== from)
      .map(to => [from, to] as const),
  );

  it.each(ways)('cannot save what is %s as %s', async (from, to) => {
    const guarded = await withJob(from);
    const json = aState({ status: to });
    const saved = await guarded.worker.ask('PUT', JOB, { json, headers: OVERWRITE });
    expect(saved).toMatchObject(FORBIDDEN);
    expect(await statusOf(guarded)).toMatchObject({ status: from });
  });

  it.each(STOPPED)('cannot start a sheet of what is %s, which would run then', async status => {
    const guarded = await withJob(status);
    const json = { status: 'in_progress' };
    expect(await guarded.worker.ask('PUT', `${JOB}/sheets/1`, { json })).toMatchObject(FORBIDDEN);
    expect(await statusOf(guarded)).toMatchObject({ status, sheets: {} });
  });

  it.each(STOPPED)('cannot create a job that is %s', async status => {
    const { worker, admin } = await withJob('pending');
    const json = aState({ job_id: 'job-2', status });
    expect(await worker.ask('POST', '/v1/jobs', { json })).toMatchObject(FORBIDDEN);
    const put = await worker.ask('PUT', '/v1/jobs/job-2', { json, headers: CREATE });
    expect(put).toMatchObject(FORBIDDEN);
    expect((await admin.ask('GET', '/v1/jobs/job-2')).status).toBe(404);
  });

  it.each(['Paused', 'CANCELLED', 'failed '])('cannot spell a status %j', async status => {
    const { worker } = await withJob('running');
    const saved = await worker.ask('PUT', JOB, { json: aState({ status }), headers: OVERWRITE });
    expect(saved).toMatchObject(aProblem({ status: 422, code: 'invalid', path: '/status' }));
  });

  it.each([
    ['pending', 'running'],
    ['running', 'running'],
    ['running', 'completed'],
    ['running', 'pending'],
    ['completed', 'running'],
  ])('may save what is %s as %s', async (from, to) => {
    const guarded = await withJob(from);
    const json = aState({ status: to });
    const saved = await guarded.worker.ask('PUT', JOB, { json, headers: OVERWRITE });
    expect(saved.status).toBe(200);
    expect(await statusOf(guarded)).toMatchObject({ status: to });
  });

  it.each(STOPPED)('may save what is %s and stays so', async status => {
    const guarded = await withJob(status);
    const json = aState({ status, job_name: 'renamed' });
    const saved = await guarded.worker.ask('PUT', JOB, { json, headers: OVERWRITE });
    expect(saved.status).toBe(200);
    expect(await statusOf(guarded)).toMatchObject({ status, job_name: 'renamed' });
  });

  it('cannot use the lease token of another job', async () => {
    const guarded = await withJob('running');
    const { admin, worker } = guarded;
    await admin.ask('POST', '/v1/jobs', { json: aState({ job_id: 'job-2' }) });
    const held = await acquire(worker, { path: '/v1/jobs/job-2' });
    const json = aState({ status: 'cancelled' });
    const headers = { ...OVERWRITE, ...held.headers };
    expect(await worker.ask('PUT', JOB, { json, headers })).toMatchObject(
      aProblem({ status: 409, code: 'lease_lost' }),
    );
    expect(await statusOf(guarded)).toMatchObject({ status: 'running' });
  });
});

describe('the holder of the job', () => {
  it.each(STOPPED)('may save it as %s', async status => {
    const guarded = await withJob('pending');
    const held = await acquire(guarded.worker);
    const headers = { ...OVERWRITE, ...held.headers };
    const saved = await guarded.worker.ask('PUT', JOB, { json: aState({ status }), headers });
    expect(saved.status).toBe(200);
    expect(await statusOf(guarded)).toMatchObject({ status });
  });
});

describe('an admin, and anybody where no tokens are asked for', () => {
  it.each(STOPPED)('may save a job as %s, and take it back', async status => {
    const guarded = await withJob('running');
    const save = (client: Pick<AppClient, 'ask'>, to: string) =>
      client.ask('PUT', JOB, { json: aState({ status: to }), headers: OVERWRITE });
    expect((await save(guarded.admin, status)).status).toBe(200);
    expect((await save(guarded.admin, 'running')).status).toBe(200);
    const open = openApp();
    await open.create({ status: 'running' });
    expect((await save(open, status)).status).toBe(200);
    expect((await save(open, 'pending')).status).toBe(200);
  });
});
