import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import {
  acquire,
  beat,
  JOB,
  keysOf,
  LEASE,
  load,
  STATE_KEY,
  storedText,
  update,
  write,
} from '../support/leasing.ts';
import { aProblem } from '../support/problem.ts';
import { aState } from '../support/state.ts';

const SHEET = `${JOB}/sheets/1`;
const FAILED = {
  status: 'failed',
  error_message: 'no space',
  error_type: 'transient',
  stdout: 'out',
  execution_duration_seconds: 2,
};

/** Whether the store makes each write in a step of its own. */
const IN_STEPS = createMemoryStore().putWith === undefined;

describe('an update that is repeated under the same lease', () => {
  it.each([
    { status: 'in_progress' },
    { status: 'completed', stdout: 'x'.repeat(100_000), execution_duration_seconds: 1 },
    { status: 'completed', validation_passed: false, validation_details: [{ passed: false }] },
    FAILED,
    { status: 'skipped', reason: 'not needed' },
    { status: 'skipped' },
  ])('PUT $status changes nothing and answers the same', async json => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create();
    const { headers } = await acquire(app);
    const first = await app.ask('PUT', SHEET, { json, headers });
    const version = await app.store.head(STATE_KEY);
    clock.advance(1000);
    const second = await app.ask('PUT', SHEET, { json, headers });
    expect([second.status, second.text]).toEqual([200, first.text]);
    expect(second.header('etag')).toBe(first.header('etag'));
    expect(await app.store.head(STATE_KEY)).toBe(version);
  });

  it('PUT leaves the lease alone that a job names which another program has paused', async () => {
    const app = openApp();
    await app.create();
    const held = await acquire(app);
    const json = { status: 'completed' };
    await app.ask('PUT', SHEET, { json, headers: held.headers });
    const state = JSON.parse(await storedText(app.store));
    await write(app.store, STATE_KEY, JSON.stringify({ ...state, status: 'paused' }));
    const again = await app.ask('PUT', SHEET, { json, headers: held.headers });
    expect(again.json).toMatchObject({ status: 'paused' });
    expect((await beat(app, held)).status).toBe(200);
  });

  it('PUT is repeated without harm through another process', async () => {
    const app = openApp();
    await app.create();
    const held = await acquire(app);
    const { headers } = held;
    await app.ask('PUT', SHEET, { json: FAILED, headers });
    const other = openApp({ store: app.store });
    await other.ask('PUT', SHEET, { json: FAILED, headers });
    expect((await load(app)).json).toMatchObject({
      total_retry_count: 1,
      sheets: { 1: { error_history: [{ error_message: 'no space' }] } },
    });
  });

  it('PUT in_progress counts one attempt however often it is said', async () => {
    const app = openApp();
    await app.create();
    const held = await acquire(app);
    await update(app, 1, 'in_progress', held);
    await update(app, 1, 'in_progress', held);
    expect((await load(app)).json).toMatchObject({ sheets: { 1: { attempt_count: 1 } } });
  });

  it('PUT counts two of the same update at once as one', async () => {
    const app = openApp();
    await app.create();
    const held = await acquire(app);
    await Promise.all([update(app, 1, 'in_progress', held), update(app, 1, 'in_progress', held)]);
    expect((await load(app)).json).toMatchObject({ sheets: { 1: { attempt_count: 1 } } });
  });

  it('PUT honours If-Match where it would change nothing', async () => {
    const app = openApp();
    const stale = await app.create();
    const held = await acquire(app);
    await update(app, 1, 'in_progress', held);
    const refused = await app.ask('PUT', SHEET, {
      json: { status: 'in_progress' },
      headers: { ...held.headers, 'If-Match': stale },
    });
    expect(refused).toMatchObject(aProblem({ status: 412, code: 'version_conflict' }));
  });
});

describe('an update that is made again', () => {
  it('PUT in_progress counts again after a failure', async () => {
    const app = openApp();
    await app.create();
    const held = await acquire(app);
    await update(app, 1, 'in_progress', held);
    await update(app, 1, 'failed', held);
    await update(app, 1, 'in_progress', held);
    expect((await load(app)).json).toMatchObject({ sheets: { 1: { attempt_count: 2 } } });
  });

  it('PUT failed counts again after another attempt', async () => {
    const app = openApp();
    await app.create();
    const held = await acquire(app);
    await update(app, 1, 'failed', held);
    await update(app, 1, 'in_progress', held);
    await update(app, 1, 'failed', held);
    expect((await load(app)).json).toMatchObject({ total_retry_count: 2 });
  });

  it('PUT failed counts again with another message', async () => {
    const app = openApp();
    await app.create();
    const { headers } = await acquire(app);
    await app.ask('PUT', SHEET, { json: FAILED, headers });
    await app.ask('PUT', SHEET, { json: { ...FAILED, error_message: 'no net' }, headers });
    expect((await load(app)).json).toMatchObject({
      total_retry_count: 2,
      sheets: { 1: { error_message: 'no net' } },
    });
  });

  it('PUT in_progress counts again under a new lease', async () => {
    const app = openApp();
    await app.create();
    const held = await acquire(app);
    await update(app, 1, 'in_progress', held);
    await app.ask('DELETE', LEASE, { headers: held.headers });
    await update(app, 1, 'in_progress', await acquire(app));
    expect((await load(app)).json).toMatchObject({ sheets: { 1: { attempt_count: 2 } } });
  });

  it('PUT failed counts again under a new lease', async () => {
    const app = openApp();
    await app.create();
    const held = await acquire(app);
    await update(app, 1, 'failed', held);
    await app.ask('DELETE', LEASE, { headers: held.headers });
    await update(app, 1, 'failed', await acquire(app));
    expect((await load(app)).json).toMatchObject({ total_retry_count: 2 });
  });

  it('PUT in_progress counts each time without a lease', async () => {
    const app = openApp();
    await app.create();
    await update(app, 1, 'in_progress');
    await update(app, 1, 'in_progress');
    expect((await load(app)).json).toMatchObject({ sheets: { 1: { attempt_count: 2 } } });
  });

  // A time that a client wrote decides: the sheet seems to be started since the grant.
  it('PUT in_progress counts under a new lease where a client of the last one had a fast clock', async () => {
    const app = openApp();
    await app.create();
    const held = await acquire(app);
    const sheet = { sheet_num: 1, status: 'in_progress', attempt_count: 1 };
    await app.ask('PUT', JOB, {
      headers: { ...held.headers, 'If-Match': '*' },
      json: aState({
        status: 'running',
        sheets: { 1: { ...sheet, started_at: '2026-03-04T06:00:00Z' } },
      }),
    });
    await app.ask('DELETE', LEASE, { headers: held.headers });
    await update(app, 1, 'in_progress', await acquire(app));
    expect((await load(app)).json).toMatchObject({ sheets: { 1: { attempt_count: 2 } } });
  });
});

describe('the last sheet', () => {
  it('PUT completes the job with it and ends the lease', async () => {
    const app = openApp();
    await app.create({ total_sheets: 1 });
    const held = await acquire(app);
    const updated = await update(app, 1, 'completed', held);
    expect(updated.json).toMatchObject({ status: 'completed', next_sheet: null, progress: [1, 1] });
    expect(JSON.parse(await storedText(app.store))).toMatchObject({ dalsegno: { lease: null } });
    expect(await keysOf(app.store, 'leases/')).toEqual([]);
  });

  it('PUT answers the same when it is repeated', async () => {
    const app = openApp();
    await app.create({ total_sheets: 1 });
    const held = await acquire(app);
    const first = await update(app, 1, 'completed', held);
    const second = await update(app, 1, 'completed', held);
    expect([second.status, second.text]).toEqual([200, first.text]);
    expect(second.header('etag')).toBe(first.header('etag'));
  });

  // The lease ends with the job, and its last answer is remembered by the process that gave it: who asks
  // another one is told that the lease is over, and finds in the job that its update was the last. A store that removes the lease in
  // the step of the update leaves a receipt, so that the answer is the same.
  it(`PUT answers ${IN_STEPS ? 'lease_lost' : 'the same'} through another process, and the job is complete`, async () => {
    const app = openApp();
    await app.create({ total_sheets: 1 });
    const held = await acquire(app);
    await update(app, 1, 'completed', held);
    const other = openApp({ store: app.store });
    const second = await update(other, 1, 'completed', held);
    expect([second.json, (await load(other)).json]).toMatchObject([
      IN_STEPS ? { code: 'lease_lost' } : { status: 'completed', progress: [1, 1] },
      { status: 'completed', dalsegno: { epoch: 1, lease: null } },
    ]);
  });

  it('PUT answers lease_lost to another update after it', async () => {
    const app = openApp();
    await app.create({ total_sheets: 1 });
    const held = await acquire(app);
    await update(app, 1, 'completed', held);
    expect((await update(app, 1, 'in_progress', held)).status).toBe(409);
  });

  it('PUT answers lease_lost to a failure of it, at every process', async () => {
    const app = openApp();
    await app.create({ total_sheets: 1 });
    const held = await acquire(app);
    await update(app, 1, 'completed', held);
    const { headers } = held;
    for (const process of [app, openApp({ store: app.store })]) {
      const answer = await process.ask('PUT', SHEET, { json: FAILED, headers });
      expect(answer.json).toMatchObject({ code: 'lease_lost' });
    }
  });

  it('PUT tells its answer to nobody with another secret', async () => {
    const app = openApp();
    await app.create({ total_sheets: 1 });
    const held = await acquire(app);
    await update(app, 1, 'completed', held);
    const forged = held.token.replace(/.$/, 'Z');
    const refused = await app.ask('PUT', SHEET, {
      json: { status: 'completed' },
      headers: { 'Lease-Token': forged },
    });
    expect(refused).toMatchObject(aProblem({ status: 409, code: 'lease_lost' }));
  });

  it('PUT completed of the last of sheets in any order ends the lease', async () => {
    const app = openApp();
    await app.create();
    const held = await acquire(app);
    await update(app, 3, 'completed', held);
    await update(app, 1, 'completed', held);
    const updated = await update(app, 2, 'completed', held);
    expect(updated.json).toMatchObject({ status: 'completed' });
    expect(await keysOf(app.store, 'leases/')).toEqual([]);
  });

  it('PUT skipped of the last sheet completes the job and ends the lease', async () => {
    const app = openApp();
    await app.create({ total_sheets: 1 });
    const held = await acquire(app);
    const updated = await update(app, 1, 'skipped', held);
    expect(updated.json).toMatchObject({ status: 'completed', next_sheet: null, progress: [0, 1] });
    expect((await app.ask('PUT', LEASE, { headers: held.headers })).status).toBe(409);
  });
});
