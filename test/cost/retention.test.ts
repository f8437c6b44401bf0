import { describe, expect, it } from 'vitest';
import { createBucketFake } from './bucket-fake.ts';
import { operationsIn } from './counted-bucket.ts';
import { openEdgeService } from './edge-service.ts';

const DAY = 24 * 3_600_000;
const JOBS = 250;

async function withFinishedJobs(retentionDays: number | null) {
  const service = openEdgeService(createBucketFake(), { retentionDays });
  const isolate = service.isolate();
  for (let nth = 0; nth < JOBS; nth += 1)
    await isolate.create({ job_id: `job-${nth}`, status: 'completed' });
  return { service, isolate };
}

/** What the sweeps of five minutes ask of a bucket with finished jobs and one that runs. */
async function sweepsWith(retentionDays: number | null) {
  const { service, isolate } = await withFinishedJobs(retentionDays);
  await isolate.create({ job_id: 'runs' });
  await isolate.hold('runs');
  const sweeps: string[] = [];
  for (let minute = 0; minute < 5; minute += 1) {
    const { report, calls } = await service.isolate().sweepOnTime();
    expect(report.retired).toBe(0);
    sweeps.push(operationsIn(calls));
    service.clock.advance(60_000);
  }
  return sweeps;
}

describe('retention at the edge', () => {
  it('costs no operation where no job is due: the sweep looks at the jobs that it lists anyway', async () => {
    const sweeps = await sweepsWith(1);
    expect(sweeps).toEqual(await sweepsWith(null));
    expect(sweeps).toEqual(Array(5).fill('2 get sweep, list leases, 3 list jobs, put sweep'));
  });

  it('costs four operations for each job that it deletes, and one more for each sweep that does', async () => {
    const { service } = await withFinishedJobs(1);
    // The trusted time gains two hours at most with each sweep.
    await service.isolate().sweepOnTime();
    for (let hour = 0; hour < 24; hour += 1) {
      service.clock.advance(DAY / 24);
      await service.isolate().sweepOnTime();
    }
    service.clock.advance(DAY / 24);
    const { report, calls } = await service.isolate().sweepOnTime();
    expect(report.retired).toBe(100);
    expect(operationsIn(calls)).toBe(
      '2 get sweep, list leases, 2 list jobs, 2 put sweep, 100 get jobs, 100 head jobs, 100 delete jobs, 100 delete lapses',
    );
  });
});
