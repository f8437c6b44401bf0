import { describe, expect, it } from 'vitest';
import { createKeptGauges } from '../../functions/metrics/kept-gauges.ts';
import { StoreError } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { acquire } from '../support/leasing.ts';
import { aProblem } from '../support/problem.ts';
import { tokensOf } from '../support/tokens.ts';
import { type ParsedFamily, parseMetrics, valueOf } from './prometheus-text.ts';

const JOB = '/v1/jobs/job-1';

async function scrape(app: ReturnType<typeof openApp>): Promise<Map<string, ParsedFamily>> {
  const answer = await app.ask('GET', '/metrics');
  expect([answer.status, answer.type]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
  return parseMetrics(answer.text);
}

describe('GET /metrics', () => {
  it('counts requests by the pattern of their resource, method and status', async () => {
    const app = openApp({ withTelemetry: true });
    await app.create();
    await app.create({ job_id: 'job-2' });
    await app.ask('GET', JOB);
    await app.ask('GET', '/v1/jobs/job-2');
    await app.ask('GET', '/v1/jobs/none');
    const metrics = await scrape(app);
    const labels = { method: 'GET', route: '/v1/jobs/:id' };
    const requests = 'dalsegno_http_requests_total';
    expect(valueOf(metrics, requests, { ...labels, status: '200' })).toBe(2);
    expect(valueOf(metrics, requests, { ...labels, status: '404' })).toBe(1);
    expect(valueOf(metrics, requests, { method: 'POST', status: '201' })).toBe(2);
    expect(valueOf(metrics, 'dalsegno_http_request_duration_seconds_count', labels)).toBe(3);
    expect(valueOf(metrics, 'dalsegno_problems_total', { code: 'job_not_found' })).toBe(1);
  });

  it('has a bounded number of labels, whatever the clients send', async () => {
    const app = openApp({ withTelemetry: true });
    for (let nth = 0; nth < 50; nth += 1) {
      await app.ask('GET', `/v1/jobs/secret-${nth}`);
      await app.ask('GET', `/nowhere-${nth}`);
      await app.ask(`METHOD${nth}`, JOB);
    }
    const text = (await app.ask('GET', '/metrics')).text;
    const { samples = [] } = parseMetrics(text).get('dalsegno_http_requests_total') ?? {};
    expect(samples.map(({ labels }) => Object.values(labels).join(' ')).toSorted()).toEqual([
      'GET /v1/jobs/:id 404',
      'GET none 404',
      'other /v1/jobs/:id 405',
    ]);
    expect(text).not.toMatch(/secret|nowhere|METHOD/);
  });

  it('counts operations of the store by their results', async () => {
    const app = openApp({ withTelemetry: true });
    await app.create();
    await app.ask('GET', '/v1/jobs');
    const metrics = await scrape(app);
    const operations = 'dalsegno_store_operations_total';
    const puts = valueOf(metrics, operations, { operation: 'put', result: 'done' });
    expect(puts).toBeGreaterThanOrEqual(2);
    expect(valueOf(metrics, operations, { operation: 'put', result: 'failed' })).toBe(0);
    const durations = 'dalsegno_store_operation_duration_seconds_count';
    expect(valueOf(metrics, durations, { operation: 'put' })).toBe(puts);
  });

  it('counts recoveries, late renewals and false alarms with their lateness', async () => {
    const clock = frozenClock();
    const app = openApp({ withTelemetry: true, clock });
    await app.create();
    const held = await acquire(app);
    clock.advance(90_000);
    expect((await app.ask('PUT', `${JOB}/lease`, { headers: held.headers })).status).toBe(200);
    clock.advance(61_000);
    await app.ask('POST', '/v1/sweep');
    clock.advance(9_000);
    expect((await app.ask('PUT', `${JOB}/lease`, { headers: held.headers })).status).toBe(409);
    const metrics = await scrape(app);
    expect(valueOf(metrics, 'dalsegno_late_renewal_lateness_seconds_sum')).toBe(30);
    expect(valueOf(metrics, 'dalsegno_false_alarm_lateness_seconds_sum')).toBe(10);
    expect(valueOf(metrics, 'dalsegno_false_alarm_lateness_seconds_count')).toBe(1);
    expect(valueOf(metrics, 'dalsegno_recoveries_total', { outcome: 'recovered' })).toBe(1);
    expect(valueOf(metrics, 'dalsegno_recoveries_total', { outcome: 'failed' })).toBe(0);
  });

  it('needs the scope read, and a token for all jobs', async () => {
    const { list, as } = await tokensOf({ full: 'read', part: 'admin:a-' });
    const app = openApp({ withTelemetry: true, access: list });
    const ask = (name: 'full' | 'part') => app.ask('GET', '/metrics', { headers: as(name) });
    expect((await app.ask('GET', '/metrics')).status).toBe(401);
    expect((await ask('full')).status).toBe(200);
    expect(await ask('part')).toMatchObject(aProblem({ status: 403, code: 'forbidden' }));
  });
});

describe('the gauges of the store', () => {
  it('are jobs by status and standing, the longest wait and leases', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create();
    await app.create({ job_id: 'job-2' });
    await acquire(app);
    clock.advance(30_000);
    const metrics = await scrape(app);
    expect(valueOf(metrics, 'dalsegno_jobs', { status: 'running' })).toBe(1);
    expect(valueOf(metrics, 'dalsegno_jobs', { status: 'failed' })).toBe(0);
    expect(valueOf(metrics, 'dalsegno_jobs_standing', { standing: 'waiting' })).toBe(1);
    expect(valueOf(metrics, 'dalsegno_oldest_waiting_seconds')).toBe(30);
    expect(valueOf(metrics, 'dalsegno_leases_live')).toBe(1);
    expect(valueOf(metrics, 'dalsegno_store_up')).toBe(1);
    expect(metrics.has('dalsegno_http_requests_total')).toBe(false);
  });

  it('are 0 for a store that fails, and the process still answers what it counts', async () => {
    const follower = { poll: failing, offerLabel: () => {}, forget: () => {} };
    const store = { ...createMemoryStore(), follow: () => follower, followNames: () => follower };
    const metrics = await scrape(openApp({ store, withTelemetry: true }));
    expect(valueOf(metrics, 'dalsegno_store_up')).toBe(0);
    expect(metrics.has('dalsegno_jobs')).toBe(false);
    const polls = { operation: 'poll', result: 'failed' };
    expect(valueOf(metrics, 'dalsegno_store_operations_total', polls)).toBeGreaterThan(0);
  });

  it('are counted once a minute where that costs', async () => {
    const clock = frozenClock();
    const keptGauges = createKeptGauges(60_000);
    const app = openApp({ clock, keptGauges });
    const jobs = async () => valueOf(await scrape(app), 'dalsegno_jobs', { status: 'pending' });
    expect(await jobs()).toBe(0);
    await app.create();
    clock.advance(59_999);
    expect(await jobs()).toBe(0);
    clock.advance(1);
    expect(await jobs()).toBe(1);
    await app.create({ job_id: 'job-2' });
    clock.advance(-3_600_000);
    expect(await jobs()).toBe(2);
  });
});

async function* failing(): AsyncGenerator<never> {
  yield* [];
  throw new StoreError('The disk is gone');
}
