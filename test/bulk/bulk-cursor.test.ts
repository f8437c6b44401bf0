import { describe, expect, it } from 'vitest';
import { type ObjectStore, StoreError } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { openApp } from '../support/app.ts';
import { aProblem } from '../support/problem.ts';
import { withSeparatePuts } from '../support/steps/separate-puts.ts';
import { ALL, bulk, bulkAll, type Report, statuses, withJobs } from './bulk-calls.ts';

describe('the cursor of POST /v1/bulk', () => {
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

  it('POST begins no other job after 20 seconds, and answers a cursor', async () => {
    const { app: setup, clock } = await withJobs(20);
    const store: ObjectStore = {
      ...withSeparatePuts(setup.store),
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
    const inner = withSeparatePuts(createMemoryStore());
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
