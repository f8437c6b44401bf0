import { describe, expect, it } from 'vitest';
import { openApp } from '../support/app.ts';
import { acquire, allKeysOf, beat, claimed } from '../support/leasing.ts';
import { aProblem } from '../support/problem.ts';
import { tokensOf } from '../support/tokens.ts';
import { ALL, bulk, type Report, statuses, withJobs } from './bulk-calls.ts';

describe('POST /v1/bulk', () => {
  it.each([
    ['pause', 'paused'],
    ['cancel', 'cancelled'],
    ['fail', 'failed'],
    ['complete', 'completed'],
  ])('POST %s makes the jobs of the filter %s, and no others', async (action, status) => {
    const { app } = await withJobs(3);
    const report = await bulk(app, { action, filter: { q: 'JOB-2' } });
    expect(report).toEqual({
      action,
      dry_run: false,
      matched: 1,
      done: 1,
      pending: 0,
      skipped: [],
      cursor: null,
    });
    expect(await statuses(app)).toEqual({
      'job-1': 'pending',
      'job-2': status,
      'job-3': 'pending',
    });
  });

  it('POST resume makes failed jobs claimable', async () => {
    const { app } = await withJobs(2);
    await bulk(app, { action: 'fail', filter: ALL, error_message: 'broken' });
    expect(await claimed(app)).toBeNull();
    expect(await bulk(app, { action: 'resume', filter: { status: 'failed' } })).toMatchObject({
      done: 2,
    });
    expect(await claimed(app)).not.toBeNull();
  });

  it('POST delete leaves nothing of the jobs, and refuses a held one unless it is forced', async () => {
    const { app } = await withJobs(3);
    await acquire(app, { path: '/v1/jobs/job-2' });
    const first = await bulk(app, { action: 'delete', filter: ALL });
    expect(first).toMatchObject({
      matched: 3,
      done: 2,
      skipped: [{ job_id: 'job-2', code: 'lease_held', detail: expect.stringContaining('w-1') }],
    });
    expect(await bulk(app, { action: 'delete', filter: ALL, force: true })).toMatchObject({
      done: 1,
      skipped: [],
    });
    expect(await allKeysOf(app.store)).toEqual([]);
  });

  it('POST passes a request to the holders of held jobs', async () => {
    const { app } = await withJobs(2);
    await acquire(app, { path: '/v1/jobs/job-1' });
    const report = await bulk(app, { action: 'cancel', filter: ALL, error_message: 'enough' });
    expect(report).toMatchObject({ matched: 2, done: 1, pending: 1, skipped: [] });
    const why = await app.ask('GET', '/v1/jobs/job-1/why');
    expect(why.json).toMatchObject({ requested: 'cancel', lease: { request_message: 'enough' } });
  });

  it('POST cancels zombies by their standing, though it recovers each before', async () => {
    const { app, clock } = await withJobs(2);
    await beat(app, await acquire(app, { path: '/v1/jobs/job-1' }), '/v1/jobs/job-1');
    clock.advance(60_000);
    const filter = { standing: 'zombie' };
    expect(await bulk(app, { action: 'cancel', filter })).toMatchObject({ matched: 1, done: 1 });
    expect(await statuses(app)).toEqual({ 'job-1': 'cancelled', 'job-2': 'pending' });
  });

  it('POST skips jobs that the single call refuses, and names why', async () => {
    const { app } = await withJobs(2);
    await app.ask('POST', '/v1/jobs/job-1/complete');
    const report = await bulk(app, { action: 'cancel', filter: ALL });
    expect(report).toMatchObject({
      matched: 2,
      done: 1,
      skipped: [{ job_id: 'job-1', code: 'job_finished', detail: expect.stringMatching(/./) }],
    });
  });

  it('POST with dry_run shows a token with a prefix its own jobs alone', async () => {
    const tokens = await tokensOf({ all: 'admin', etl: 'admin:etl-' });
    const app = openApp({ access: tokens.list });
    for (const job_id of ['etl-1', 'other-1', 'etl-2']) {
      const json = { job_id, job_name: 'x', total_sheets: 1 };
      await app.ask('POST', '/v1/jobs', { json, headers: tokens.as('all') });
    }
    const json = { action: 'delete', filter: ALL, dry_run: true };
    const report = await app.ask('POST', '/v1/bulk', { json, headers: tokens.as('etl') });
    expect(report.json).toMatchObject({ matched: 2, done: 0 });
    expect(new Set((report.json as Report).sample)).toEqual(new Set(['etl-1', 'etl-2']));
  });

  it('POST with dry_run counts all jobs and changes none', async () => {
    const { app } = await withJobs(30);
    const report = await bulk(app, { action: 'delete', filter: ALL, dry_run: true, limit: 5 });
    expect(report).toMatchObject({
      dry_run: true,
      matched: 30,
      done: 0,
      skipped: [],
      cursor: null,
    });
    expect(report.sample).toEqual(Array.from({ length: 20 }, (_, at) => `job-${30 - at}`));
    expect(Object.values(await statuses(app))).toEqual(Array(30).fill('pending'));
  });

  it('POST takes only the jobs of the prefix of the token, and records its name', async () => {
    const tokens = await tokensOf({ all: 'admin', etl: 'admin;name=etl:etl-', work: 'work' });
    const app = openApp({ access: tokens.list });
    for (const job_id of ['etl-1', 'other-1']) {
      const json = { job_id, job_name: 'x', total_sheets: 1 };
      await app.ask('POST', '/v1/jobs', { json, headers: tokens.as('all') });
    }
    const json = { action: 'cancel', filter: ALL };
    const refused = await app.ask('POST', '/v1/bulk', { json, headers: tokens.as('work') });
    expect(refused.status).toBe(403);
    const report = await app.ask('POST', '/v1/bulk', { json, headers: tokens.as('etl') });
    expect(report.json).toMatchObject({ matched: 1, done: 1 });
    const job = await app.ask('GET', '/v1/jobs/etl-1', { headers: tokens.as('etl') });
    expect(job.json).toMatchObject({ dalsegno: { history: [{ event: 'cancelled', by: 'etl' }] } });
    const other = await app.ask('GET', '/v1/jobs/other-1', { headers: tokens.as('all') });
    expect(other.json).toMatchObject({ status: 'pending' });
  });

  it.each([
    [{ filter: ALL }, '/action'],
    [{ action: 'explode', filter: ALL }, '/action'],
    [{ action: 'pause' }, '/filter'],
    [{ action: 'pause', filter: {} }, '/filter'],
    [{ action: 'pause', filter: { q: '' } }, '/filter'],
    [{ action: 'pause', filter: { status: [] } }, '/filter'],
    [{ action: 'pause', filter: { all: false } }, '/filter/all'],
    [{ action: 'pause', filter: { all: true, q: 'x' } }, '/filter'],
    [{ action: 'pause', filter: { name: 'x' } }, '/filter'],
    [{ action: 'pause', filter: { status: 'done' } }, '/filter/status/0'],
    [{ action: 'pause', filter: { updated_before: 5 } }, '/filter/updated_before'],
    [{ action: 'pause', filter: ALL, limit: 0 }, '/limit'],
    [{ action: 'pause', filter: ALL, limit: 1001 }, '/limit'],
    [{ action: 'pause', filter: ALL, cursor: 'x' }, '/cursor'],
    [{ action: 'delete', filter: ALL, error_message: 'x' }, '/error_message'],
    [{ action: 'resume', filter: ALL, force: true }, '/force'],
    [{ action: 'pause', filter: ALL, dryrun: true }, ''],
  ])('POST refuses %j, and changes nothing', async (json, path) => {
    const { app } = await withJobs(1);
    const refused = await app.ask('POST', '/v1/bulk', { json });
    expect(refused).toMatchObject(aProblem({ status: 422, code: 'invalid', path }));
    expect(await statuses(app)).toEqual({ 'job-1': 'pending' });
  });
});
