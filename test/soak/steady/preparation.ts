import type { Repository } from '../../../lib/service/service.ts';
import { must, targetFor, UNGUARDED } from '../../bench/jobs/job-folder.ts';
import { ASK, inLanes } from '../../bench/jobs/lease-jobs.ts';
import { stateBody } from '../../bench/jobs/state.ts';
import { heldJob, jobsOfSoak, waitingJob } from './requests.ts';
import { JOBS, WAITING } from './work.ts';

const SIDE_BY_SIDE = 16;

/** Writes the jobs of a soak into the store. Returns the tokens of the held ones. */
export async function prepareSoak({ jobs, leases }: Repository): Promise<string[]> {
  await inLanes(jobsOfSoak(), SIDE_BY_SIDE, ({ jobId, size }) =>
    must(jobs.save(targetFor(jobId), stateBody(jobId, size), UNGUARDED)),
  );
  const many = (count: number) => Array.from({ length: count }, (_, nth) => nth);
  await inLanes(many(WAITING), SIDE_BY_SIDE, nth =>
    must(leases.resume(targetFor(waitingJob(nth)))),
  );
  const grants = await inLanes(many(JOBS), SIDE_BY_SIDE, nth =>
    must(leases.acquire(targetFor(heldJob(nth)), { ...ASK, ttlSeconds: 3600 })),
  );
  return grants.map(({ token }) => token);
}
