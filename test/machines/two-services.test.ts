import { describe, expect, it } from 'vitest';
import { manualWaits } from '../claims/manual-waits.ts';
import { manualAlarm } from '../storage/manual-alarm.ts';
import { type AppClient, openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { claimWith, grantIn, KEY, keyed } from '../support/idempotency.ts';
import {
  acquire,
  beat,
  claim,
  claimed,
  JOB,
  LEASE,
  leaseOf,
  load,
  update,
} from '../support/leasing.ts';
import { runtime } from '../support/runtime.ts';
import { settled } from '../support/settling/under-way.ts';

/** Two services, each with a store and memory of its own, on one medium. */
async function openTwo() {
  const place = await runtime.makePlace();
  const clock = frozenClock();
  const alarm = manualAlarm(clock);
  const waits = manualWaits(clock);
  const open = async (seed: number): Promise<AppClient> => {
    const store = await place.open();
    return openApp({ store, clock, waits, seed, alarm: alarm.alarm });
  };
  return { a: await open(1), b: await open(2), clock, alarm, waits };
}

const listed = async (app: AppClient, query = '') => {
  const answer = await app.ask('GET', `/v1/jobs${query}`);
  return (answer.json as { jobs: { job_id: string; status: string }[] }).jobs;
};

async function countsOf(app: AppClient): Promise<unknown> {
  return ((await app.ask('GET', '/v1/stats')).json as { jobs: unknown }).jobs;
}

describe('what one service has acknowledged', () => {
  it('the other one shows at once: the job, lists, filters, live lists and counts', async () => {
    const { a, b, clock } = await openTwo();
    await a.create();
    // Both have looked before, and remember what they have seen.
    expect(await listed(b)).toMatchObject([{ job_id: 'job-1', status: 'pending' }]);
    expect(await listed(b, '?view=live')).toMatchObject([{ standing: 'waiting' }]);
    expect(await countsOf(b)).toMatchObject({ pending: 1 });
    const held = await acquire(a);
    clock.advance(10);
    expect((await load(b)).json).toMatchObject({ status: 'running' });
    expect(await listed(b, '?view=live')).toMatchObject([{ standing: 'held' }]);
    expect(await listed(b, '?status=running&holder=w-1')).toMatchObject([{ job_id: 'job-1' }]);
    await update(a, 1, 'completed', held);
    expect((await load(b)).json).toMatchObject({ last_completed_sheet: 1 });
    await a.ask('POST', `${JOB}/pause?force=true`);
    clock.advance(10);
    expect(await listed(b, '?view=live')).toMatchObject([
      { status: 'paused', standing: 'resting' },
    ]);
    expect(await countsOf(b)).toMatchObject({ paused: 1, running: 0 });
    await a.ask('DELETE', JOB);
    expect([(await load(b)).status, await listed(b)]).toEqual([404, []]);
  });

  it('counts for conditions at the other one', async () => {
    const { a, b } = await openTwo();
    const etag = await a.create();
    const unchanged = await b.ask('GET', JOB, { headers: { 'If-None-Match': etag } });
    expect(unchanged.status).toBe(304);
    await update(a, 1, 'in_progress');
    const changed = await b.ask('GET', JOB, { headers: { 'If-None-Match': etag } });
    expect(changed.status).toBe(200);
    const json = changed.json;
    const refused = await b.ask('PUT', JOB, { json, headers: { 'If-Match': etag } });
    expect(refused.json).toMatchObject({ code: 'version_conflict' });
    const saved = await b.ask('PUT', JOB, {
      json,
      headers: { 'If-Match': changed.header('etag') ?? '' },
    });
    expect(saved.status).toBe(200);
  });
});

describe('claims at two services', () => {
  it('each job goes to one of them, whatever they have listed before', async () => {
    const { a, b, clock } = await openTwo();
    for (let nth = 1; nth <= 6; nth++) {
      await a.create({ job_id: `job-${nth}` });
      clock.advance(10);
    }
    const granted: (string | null)[] = [];
    for (const app of [a, b, a, a, b, b]) {
      granted.push(await claimed(app));
      clock.advance(20);
    }
    expect(new Set(granted)).toEqual(new Set([1, 2, 3, 4, 5, 6].map(nth => `job-${nth}`)));
    expect([await claimed(a), await claimed(b)]).toEqual([null, null]);
    await b.create({ job_id: 'job-7' });
    clock.advance(20);
    expect(await claimed(a)).toBe('job-7');
  });

  it('one that waits at the one is woken by a job that is created at the other', async () => {
    const { a, b, waits } = await openTwo();
    const json = { holder: 'w-1', wait_seconds: 30 };
    const progress = { isAnswered: false };
    const answer = b.ask('POST', '/v1/claims', { json }).finally(() => {
      progress.isAnswered = true;
    });
    await waits.begun(1);
    await a.create();
    let passedMs = 0;
    while (!progress.isAnswered && passedMs < 30_000) {
      // What the store does meanwhile takes real time, and time may not pass for the claim before it is done.
      await new Promise(resolve => setTimeout(resolve, 2));
      await settled();
      await waits.advance(10);
      passedMs += 10;
    }
    expect(leaseOf(await answer).job_id).toBe('job-1');
  });

  it('a repeated call gets the lease of the first try from the other one', async () => {
    const { a, b } = await openTwo();
    await a.create();
    await a.create({ job_id: 'job-2' });
    const first = await claimWith(a, keyed(KEY));
    const second = await claimWith(b, keyed(KEY, 2));
    expect(grantIn(second)).toEqual(grantIn(first));
  });
});

describe('a lease that is used at two services', () => {
  it('is renewed, updated and ended at either of them', async () => {
    const { a, b, clock } = await openTwo();
    await a.create({ total_sheets: 2 });
    const held = await claim(a);
    for (const app of [a, b, b, a, b]) {
      clock.advance(20_000);
      expect((await beat(app, held)).status).toBe(200);
    }
    expect((await update(b, 1, 'completed', held)).status).toBe(200);
    expect((await update(a, 2, 'completed', held)).status).toBe(200);
    expect((await beat(b, held)).json).toMatchObject({ code: 'lease_lost' });
    expect((await load(b)).json).toMatchObject({ status: 'completed' });
  });

  it('never looks expired to the other one while its holder renews it in time', async () => {
    const { a, b, alarm, clock } = await openTwo();
    await a.create();
    const held = await acquire(a, { ttl_seconds: 60 });
    for (let nth = 0; nth < 12; nth++) {
      for (let second = 0; second < 20; second++) {
        clock.advance(1000);
        await alarm.ring();
      }
      expect((await b.ask('POST', '/v1/sweep')).json).toMatchObject({ recovered: 0 });
      expect((await beat(a, held)).status).toBe(200);
    }
  });

  it('brings a request that an operator has sent to the other one with its next heartbeat', async () => {
    const { a, b } = await openTwo();
    await a.create();
    const held = await acquire(a);
    await beat(a, held);
    await b.ask('POST', `${JOB}/cancel`);
    expect((await beat(a, held)).json).toMatchObject({ requested: 'cancel' });
  });

  it('is recovered once where both sweep at one moment', async () => {
    const { a, b, alarm, clock } = await openTwo();
    const ids = ['job-1', 'job-2', 'job-3'];
    for (const job_id of ids) {
      await a.create({ job_id });
      const held = await acquire(a, { path: `/v1/jobs/${job_id}` });
      await a.ask('PUT', `/v1/jobs/${job_id}/lease`, { headers: held.headers });
    }
    // Only then the other one knows that the grants were used.
    clock.advance(30_000);
    await alarm.ring();
    clock.advance(120_000);
    const swept = await Promise.all([a, b, a, b].map(app => app.ask('POST', '/v1/sweep')));
    const recovered = swept.map(({ json }) => (json as { recovered: number }).recovered);
    expect(recovered.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(3);
    for (const job_id of ids) {
      const job = await load(b, `/v1/jobs/${job_id}`);
      expect(job.json).toMatchObject({ status: 'paused', dalsegno: { recoveries: 1, epoch: 1 } });
    }
    expect((await b.ask('POST', LEASE, { json: { holder: 'w-2' } })).status).toBe(201);
  });
});
