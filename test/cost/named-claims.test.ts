import { describe, expect, it } from 'vitest';
import { createBucketFake } from './bucket-fake.ts';
import { type BucketCall, operationsIn } from './counted-bucket.ts';
import { type EdgeService, openEdgeService } from './edge-service.ts';
import { fillWithWaiting } from './fill-bucket.ts';

/** What the free plan of Workers lets a request ask for. */
const MOST_ON_THE_FREE_PLAN = 50;

/** Jobs of one name that wait, all before any other. */
async function waiting(count: number): Promise<EdgeService> {
  const bucket = createBucketFake();
  await fillWithWaiting(bucket, { count, jobName: 'A' });
  const service = openEdgeService(bucket);
  service.clock.advance(1000);
  return service;
}

/** What a claim asks of the bucket in an isolate that remembers nothing, which must have this outcome. */
async function claimOf(service: EdgeService, jobName: string, status: number) {
  const json = { holder: 'w-1', job_name: jobName };
  const { answer, calls } = await service.isolate().spend('POST', '/v1/claims', { json });
  expect(answer.status).toBe(status);
  return calls;
}

const GRANT = 'get jobs, put leases, put jobs, delete ready';

/** How many jobs of another name wait, and what a list of their hints takes: a page for every 1,000. */
const QUEUES = [
  [60, 'list ready'],
  [5_000, '6 list ready'],
] as const;

describe.each(QUEUES)(
  'a claim by name on R2 where %i jobs of another name wait',
  (count, lists) => {
    it('asks for none of them, and gets the one job of its name', async () => {
      const service = await waiting(count);
      await service.isolate().create({ job_id: 'wanted', job_name: 'B' });
      const calls = await claimOf(service, 'B', 201);
      expect(operationsIn(calls)).toBe(`${lists}, ${GRANT}`);
      expect(calls.length).toBeLessThanOrEqual(MOST_ON_THE_FREE_PLAN);
    });

    it('asks for none of them where no job has its name', async () => {
      const service = await waiting(count);
      expect(operationsIn(await claimOf(service, 'B', 204))).toBe(lists.replace('6', '5'));
    });

    it('asks for one job only where the jobs are of its name', async () => {
      const service = await waiting(count);
      expect(operationsIn(await claimOf(service, 'A', 201))).toBe(`list ready, ${GRANT}`);
    });

    it('asks for no more where the job of its name was saved, and named so by a save', async () => {
      const service = await waiting(count);
      const isolate = service.isolate();
      await isolate.create({ job_id: 'wanted', job_name: 'C' });
      const json = { job_id: 'wanted', job_name: 'B', total_sheets: 3 };
      const headers = { 'If-Match': '*' };
      await isolate.spend('PUT', '/v1/jobs/wanted', { json, headers });
      await service.isolate().spend('PUT', '/v1/jobs/wanted', { json, headers });
      expect(operationsIn(await claimOf(service, 'B', 201))).toBe(`${lists}, ${GRANT}`);
      expect(operationsIn(await claimOf(service, 'B', 204))).toBe(lists.replace('6', '5'));
    });
  },
);

describe('a save of a waiting job on R2', () => {
  async function saved(service: EdgeService, jobName: string): Promise<readonly BucketCall[]> {
    const json = { job_id: 'job-7', job_name: jobName, total_sheets: 3 };
    const headers = { 'If-Match': '*' };
    return (await service.isolate().spend('PUT', '/v1/jobs/job-7', { json, headers })).calls;
  }

  it('leaves its hint alone', async () => {
    const service = await waiting(60);
    expect(operationsIn(await saved(service, 'A'))).toBe('get jobs, put jobs');
    expect(operationsIn(await saved(service, 'A'))).toBe('get jobs, put jobs');
  });

  it('writes another hint for another name', async () => {
    const service = await waiting(60);
    expect(operationsIn(await saved(service, 'B'))).toBe(
      'get jobs, head ready, put ready, put jobs, delete ready',
    );
  });

  it('lists the hints for another name where an earlier save has left the hint alone', async () => {
    const service = await waiting(60);
    await saved(service, 'A');
    expect(operationsIn(await saved(service, 'B'))).toBe(
      'get jobs, 2 head ready, list ready, put ready, put jobs, delete ready',
    );
  });

  it('lists no more than 10,000 hints, and then waits under its new name from now on', async () => {
    const service = await waiting(12_000);
    const last = { job_id: 'wanted', job_name: 'A', total_sheets: 3 };
    await service.isolate().create(last);
    const headers = { 'If-Match': '*' };
    const put = (json: unknown) =>
      service.isolate().spend('PUT', '/v1/jobs/wanted', { json, headers });
    await put(last);
    const { calls } = await put({ ...last, job_name: 'B' });
    expect(operationsIn(calls)).toBe('get jobs, 2 head ready, 10 list ready, put ready, put jobs');
    expect((await claimOf(service, 'B', 201)).length).toBeLessThanOrEqual(MOST_ON_THE_FREE_PLAN);
  });
});
