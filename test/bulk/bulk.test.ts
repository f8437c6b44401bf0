import { describe, expect, it } from 'vitest';
import { type ObjectStore, StoreError } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { type AppClient, openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { acquire, beat, claimed, keysOf } from '../support/leasing.ts';
import { aProblem } from '../support/problem.ts';
import { tokensOf } from '../support/tokens.ts';

interface Report {
  readonly action: string;
  readonly dry_run: boolean;
  readonly matched: number;
  readonly done: number;
  readonly pending: number;
  readonly skipped: readonly { job_id: string; code: string; detail: string }[];
  readonly cursor: string | null;
  readonly sample?: readonly string[];
}

/** An application with jobs `job-1` to `job-n`, the last one the newest. */
async function withJobs(count: number, store: ObjectStore = createMemoryStore()) {
  const clock = frozenClock();
  const app = openApp({ clock, store });
  for (let nth = 1; nth <= count; nth++) {
    clock.advance(1000);
    await app.create({ job_id: `job-${nth}`, total_sheets: 2 });
  }
  clock.advance(1000);
  return { app, clock };
}

async function bulk(app: AppClient, body: Readonly<Record<string, unknown>>): Promise<Report> {
  const answer = await app.ask('POST', '/v1/bulk', { json: body });
  expect([answer.status, answer.text]).toEqual([200, expect.any(String)]);
  return answer.json as Report;
}

/** All reports of an action that is repeated with its cursor until it is null. */
async function bulkAll(app: AppClient, body: Readonly<Record<string, unknown>>): Promise<Report[]> {
  const reports: Report[] = [];
  let cursor: string | null = null;
  do {
    const report: Report = await bulk(app, { ...body, cursor });
    reports.push(report);
    cursor = report.cursor;
  } while (cursor !== null && reports.length < 50);
  return reports;
}

async function statuses(app: AppClient): Promise<Record<string, string>> {
  const { json } = await app.ask('GET', '/v1/jobs?limit=1000');
  const { jobs } = json as { jobs: readonly { job_id: string; status: string }[] };
  return Object.fromEntries(jobs.map(({ job_id, status }) => [job_id, status]));
}

const ALL = { all: true };

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
    expect(await keysOf(app.store, '')).toEqual([]);
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

  it('POST repeated with its cursor takes every job exactly once', async () => {
    const { app, clock } = await withJobs(7);
    const filter = { status: ['pending'] };
    const first = await bulk(app, { action: 'pause', filter, limit: 3 });
    clock.advance(1000);
    await app.create({ job_id: 'late', total_sheets: 1 });
    let done = first.done;
    let { cursor } = first;
    while (cursor !== null) {
      const next: Report = await bulk(app, { action: 'pause', filter, limit: 3, cursor });
      done += next.done;
      cursor = next.cursor;
    }
    expect(done).toBe(7);
    expect(await statuses(app)).toMatchObject({ 'job-7': 'paused', late: 'pending' });
  });

  it('POST may be repeated when its answer was lost', async () => {
    const { app } = await withJobs(5);
    const call = { action: 'complete', filter: { status: 'pending' }, limit: 2 };
    const { cursor } = await bulk(app, call);
    await bulk(app, { ...call, cursor });
    expect(await bulk(app, { ...call, cursor })).toMatchObject({ matched: 1, done: 1 });
    expect(Object.values(await statuses(app))).toEqual(Array(5).fill('completed'));
  });

  it('POST delete may be repeated when its answer was lost, and says what was left', async () => {
    const { app } = await withJobs(5);
    const call = { action: 'delete', filter: ALL, limit: 2 };
    const { cursor } = await bulk(app, call);
    const second = await bulk(app, { ...call, cursor });
    expect(second).toMatchObject({ matched: 2, done: 2 });
    // Only what stood behind the lost answer is left.
    expect(await bulk(app, { ...call, cursor })).toMatchObject({ done: 1, cursor: null });
    expect(await bulk(app, { ...call, cursor })).toMatchObject({ matched: 0, cursor: null });
    expect(await statuses(app)).toEqual({});
  });

  it('POST takes a cursor as a place in the order, whatever filter or list it came from', async () => {
    const { app } = await withJobs(4);
    const { json } = await app.ask('GET', '/v1/jobs?q=job&limit=1');
    const { next_cursor: cursor } = json as { next_cursor: string };
    const call = { action: 'cancel', filter: { status: 'pending' }, cursor };
    expect(await bulk(app, call)).toMatchObject({ matched: 3, done: 3 });
    expect(await statuses(app)).toMatchObject({ 'job-4': 'pending', 'job-1': 'cancelled' });
  });

  it('POST refuses a cursor of a list with the oldest first', async () => {
    const { app } = await withJobs(2);
    const { json } = await app.ask('GET', '/v1/jobs?order=oldest&limit=1');
    const { next_cursor: cursor } = json as { next_cursor: string };
    const call = { json: { action: 'cancel', filter: ALL, cursor } };
    const refused = await app.ask('POST', '/v1/bulk', call);
    expect(refused).toMatchObject(aProblem({ status: 422, code: 'invalid', path: '/cursor' }));
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

  it.each([
    ['delete', 'resume', 'version_conflict', 'paused'],
    ['resume', 'cancel', 'version_conflict', 'cancelled'],
    ['complete', 'resume', 'version_conflict', 'paused'],
    ['cancel', 'resume', 'version_conflict', 'paused'],
  ])(
    'POST %s skips a failed job on which another caller did %s since it was listed',
    async (action, other, code, status) => {
      const { app: setup } = await withJobs(2);
      await setup.ask('POST', '/v1/jobs/job-1/fail');
      let isChanged = false;
      // Read for the list, and then for the change.
      const store: ObjectStore = {
        ...setup.store,
        async get(key) {
          if (hasListed && !isChanged) {
            isChanged = true;
            await setup.ask('POST', `/v1/jobs/job-1/${other}`);
          }
          return setup.store.get(key);
        },
      };
      const app = openApp({ store, seed: 2 });
      let hasListed = false;
      await statuses(app);
      hasListed = true;
      const report = await bulk(app, { action, filter: { status: 'failed' } });
      expect(report).toMatchObject({ matched: 1, done: 0, skipped: [{ job_id: 'job-1', code }] });
      expect(await statuses(setup)).toMatchObject({ 'job-1': status });
    },
  );

  it.each([
    ['cancel', false],
    ['cancel', true],
    ['resume', false],
    ['complete', true],
    ['delete', false],
    ['delete', true],
  ])(
    'POST %s of zombies (force: %s) skips a job whose holder has returned since it was listed',
    async (action, force) => {
      const { app: setup, clock } = await withJobs(1);
      const held = await acquire(setup);
      await beat(setup, held);
      clock.advance(60_000);
      let isListed = false;
      const store: ObjectStore = {
        ...setup.store,
        async get(key) {
          if (isListed && key.startsWith('leases/')) {
            isListed = false;
            expect((await beat(setup, held)).status).toBe(200);
          }
          return setup.store.get(key);
        },
      };
      const app = openApp({ store, clock, seed: 2 });
      await app.ask('GET', '/v1/jobs?standing=zombie');
      isListed = true;
      const report = await bulk(app, { action, filter: { standing: ['zombie'] }, force });
      expect(report).toMatchObject({
        matched: 1,
        pending: 0,
        skipped: [{ job_id: 'job-1', code: expect.stringMatching(/version_conflict|lease_held/) }],
      });
      const why = await setup.ask('GET', '/v1/jobs/job-1/why');
      expect(why.json).toMatchObject({ standing: 'held', requested: null });
    },
  );

  it('POST begins no other job after 20 seconds, and answers a cursor', async () => {
    const { app: setup, clock } = await withJobs(20);
    const store: ObjectStore = {
      ...setup.store,
      put(key, ...rest) {
        if (key.startsWith('jobs/')) clock.advance(7_000);
        return setup.store.put(key, ...rest);
      },
    };
    const app = openApp({ store, clock, seed: 2 });
    const reports = await bulkAll(app, { action: 'pause', filter: { status: 'pending' } });
    expect(reports.length).toBeGreaterThan(1);
    expect(reports.reduce((sum, { done }) => sum + done, 0)).toBe(20);
  });

  it('POST answers what was done when the store fails, with a cursor to continue', async () => {
    const inner = createMemoryStore();
    const { app: setup } = await withJobs(20, inner);
    let puts = 0;
    const failing: ObjectStore = {
      ...inner,
      put(key, ...rest) {
        if (key.startsWith('jobs/')) puts += 1;
        if (puts > 5) throw new StoreError('The disk is full');
        return inner.put(key, ...rest);
      },
    };
    const app = openApp({ store: failing, seed: 2 });
    const first = await bulk(app, { action: 'pause', filter: { status: 'pending' } });
    expect(first.done).toBe(5);
    expect(first.matched).toBe(first.done + first.skipped.length);
    expect(first.matched).toBeLessThan(20);
    expect(new Set(first.skipped.map(({ code }) => code))).toEqual(new Set(['store_unavailable']));
    const rest = await bulkAll(setup, {
      action: 'pause',
      filter: { status: 'pending' },
      cursor: first.cursor,
    });
    const again = await bulkAll(setup, { action: 'pause', filter: { status: 'pending' } });
    const total = [first, ...rest, ...again].reduce((sum, { done }) => sum + done, 0);
    expect(total).toBe(20);
  });
});
