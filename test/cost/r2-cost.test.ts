import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { R2BucketLike } from '../../lib/stores/r2/bucket.ts';
import { sectionIn } from '../conformance/marked-section.ts';
import { billOf } from './bill.ts';
import { createBucketFake } from './bucket-fake.ts';
import { COST_MARKERS, costTables } from './cost-table.ts';
import { operationsIn } from './counted-bucket.ts';
import { coldOperations, warmOperations } from './counted-request.ts';
import { openEdgeService } from './edge-service.ts';
import { fillWithRunning, fillWithWaiting } from './fill-bucket.ts';
import { LARGE_OPERATIONS, OPERATIONS, type RequestName } from './operations.ts';

const DOCUMENT = new URL('../../lib/stores/README.md', import.meta.url);

const names = Object.keys(OPERATIONS) as RequestName[];

/** Two tests share it: a sweep that finds nobody dead stores nothing. */
const tenThousandRunning = runningJobs(10_000);

async function runningJobs(count: number): Promise<R2BucketLike> {
  const bucket = createBucketFake();
  await fillWithRunning(bucket, count);
  return bucket;
}

describe('what a request asks of a bucket', () => {
  it.each(names)('%s, in an isolate that has dealt with the job', async name => {
    expect(await warmOperations(name, createBucketFake())).toBe(OPERATIONS[name].warm);
  });

  it.each(names)('%s, in an isolate that remembers nothing', async name => {
    const counted = await coldOperations(name, createBucketFake());
    expect(counted).toBe(OPERATIONS[name].cold ?? OPERATIONS[name].warm);
  });

  it.each(names)('%s costs no more in an isolate that remembers nothing', name => {
    const { warm, cold } = OPERATIONS[name];
    const { classA, classB, ...others } = billOf(cold ?? warm);
    expect({ classA, ...others }).toEqual({ ...billOf(warm), classB: undefined });
    expect(classB).toBeLessThanOrEqual(billOf(warm).classB);
  });
});

describe('what a request asks of a bucket that holds many objects', () => {
  it('a list takes a page for every 100 jobs that are stored', async () => {
    const bucket = createBucketFake();
    await fillWithWaiting(bucket, { count: 1_000, jobName: 'A job' });
    const isolate = openEdgeService(bucket).isolate();
    const { calls } = await isolate.spend('GET', '/v1/jobs?limit=100');
    expect(operationsIn(calls)).toBe(LARGE_OPERATIONS['list of 100 jobs among 1,000']);
  });

  it('a claim takes one page, however many jobs wait', async () => {
    const bucket = createBucketFake();
    await fillWithWaiting(bucket, { count: 1_000, jobName: 'A job' });
    const isolate = openEdgeService(bucket).isolate();
    const { calls } = await isolate.spend('POST', '/v1/claims', { json: { holder: 'w-1' } });
    expect(operationsIn(calls)).toBe(LARGE_OPERATIONS['claim among 1,000 that wait']);
  });

  it('a sweep takes a page for every 100 leases, and nothing else where nobody is dead', async () => {
    const isolate = openEdgeService(await tenThousandRunning).isolate();
    const { answer, calls } = await isolate.spend('POST', '/v1/sweep?limit=10000');
    expect(answer.json).toMatchObject({ examined: 10_000, recovered: 0, cursor: null });
    expect(operationsIn(calls)).toBe(LARGE_OPERATIONS['sweep of 10,000 running jobs']);
  });

  it('a sweep on time sees all leases, and 1,000 jobs for leases that are gone', async () => {
    const service = openEdgeService(await tenThousandRunning);
    const sweeps: string[] = [];
    for (let minute = 0; minute < 10; minute += 1) {
      const { report, calls } = await service.isolate().sweepOnTime();
      expect(report).toMatchObject({
        passes: [{ examined: 10_000, recovered: 0 }],
        missingLeases: 0,
      });
      sweeps.push(operationsIn(calls));
    }
    const usual = LARGE_OPERATIONS['sweep on time of 10,000 running jobs'];
    expect(sweeps.slice(0, 9)).toEqual(Array.from({ length: 9 }, () => usual));
    expect(sweeps[9]).toBe(usual.replace('11 list jobs', '10 list jobs'));
  });

  it('a sweep asks for each dead holder a third of what it asks for three', async () => {
    const three = billOf(OPERATIONS['sweep of 10 running jobs, 3 dead'].warm);
    expect(three).toEqual({ classA: 1 + 3 * 4, classB: 1 + 3 * 3, deletes: 3, requests: 1 });
  });
});

describe('what it costs on R2', () => {
  it('the document has the tables that come of what was counted', () => {
    expect(sectionIn(readFileSync(DOCUMENT, 'utf8'), COST_MARKERS)).toBe(costTables());
  });
});
