import { describe, expect, it } from 'vitest';
import { openApp } from '../support/app.ts';
import { acquire, JOB, LEASE } from '../support/leasing.ts';
import { aProblem } from '../support/problem.ts';

const LOST = aProblem({ status: 409, code: 'lease_lost', path: 'Lease-Token' });

describe('a token that is sent to another job than its own', () => {
  it.each([
    ['DELETE', LEASE],
    ['POST', `${JOB}/pause`],
    ['POST', `${JOB}/fail`],
    ['PUT', LEASE],
  ])('%s %s answers lease_lost', async (method, path) => {
    const app = openApp();
    await app.create();
    await app.create({ job_id: 'job-2' });
    await acquire(app);
    const { headers } = await acquire(app, { path: '/v1/jobs/job-2' });
    expect(await app.ask(method, path, { headers })).toMatchObject(LOST);
  });

  // The lease that the token names is ended before the job is looked at.
  it.each([
    ['DELETE', LEASE],
    ['POST', `${JOB}/pause`],
    ['POST', `${JOB}/fail`],
  ])('%s %s leaves the lease that it is of as it was', async (method, path) => {
    const app = openApp();
    await app.create();
    await app.create({ job_id: 'job-2' });
    await acquire(app);
    const { headers } = await acquire(app, { path: '/v1/jobs/job-2' });
    await app.ask(method, path, { headers });
    expect((await app.ask('PUT', '/v1/jobs/job-2/lease', { headers })).status).toBe(200);
  });

  it.each([
    ['PUT', `${JOB}/sheets/1`, { status: 'completed' }],
    ['DELETE', JOB, undefined],
    ['PUT', LEASE, {}],
  ])('%s %s leaves the lease that it is of as it was', async (method, path, json) => {
    const app = openApp();
    await app.create();
    await app.create({ job_id: 'job-2' });
    await acquire(app);
    const { headers } = await acquire(app, { path: '/v1/jobs/job-2' });
    await app.ask(method, path, { headers, json });
    expect((await app.ask('PUT', '/v1/jobs/job-2/lease', { headers })).status).toBe(200);
  });
});
