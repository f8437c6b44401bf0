import type { Client, JobState } from '../../lib/worker.ts';
import { digestOf, roundsFor } from './digest.ts';

/** One job of the demo: an installed package to be hashed. */
export interface PlannedJob {
  readonly jobId: string;
  readonly packageName: string;
  readonly totalSheets: number;
  readonly rounds: number;
}

export const TTL_SECONDS = 5;
export const POLL_SECONDS = 0.5;
/** What a grant may take beyond the lease and the sweep: two polls, an emulation, and processes that wait for a core. */
export const SLACK_SECONDS = 4;
export const LIMIT_SECONDS = 60;

const SHEET_MS = 400;

/*
 * Whoever gets the short job is free early, and there to take over. The long one is the one that loses
 * its worker, long before it is done.
 */
const LONG = { packageName: 'zod', totalSheets: 14 };
const MIDDLE = { packageName: 'hono', totalSheets: 16 };
const SHORT = { packageName: 'typescript', totalSheets: 3 };

export interface Plan {
  readonly long: PlannedJob;
  readonly short: PlannedJob;
  readonly jobs: readonly PlannedJob[];
  readonly totalSheets: number;
}

export async function makePlan(): Promise<Plan> {
  const long = await plannedJob(LONG);
  const middle = await plannedJob(MIDDLE);
  const short = await plannedJob(SHORT);
  const jobs = [long, middle, short];
  return { long, short, jobs, totalSheets: jobs.reduce((sum, job) => sum + job.totalSheets, 0) };
}

async function plannedJob(part: typeof LONG): Promise<PlannedJob> {
  return { ...part, jobId: `hash-${part.packageName}`, rounds: await roundsFor(part, SHEET_MS) };
}

export async function createJob(client: Client, job: PlannedJob): Promise<JobState> {
  const { jobId, packageName, totalSheets, rounds } = job;
  return client.create({
    job_id: jobId,
    job_name: `SHA-256 of ${packageName}`,
    total_sheets: totalSheets,
    config_snapshot: { package_name: packageName, rounds },
  });
}

/** The results of a job, without a service or a worker: one sheet after the other. */
export async function plainLoop(job: PlannedJob): Promise<readonly string[]> {
  const digests: string[] = [];
  for (let sheet = 1; sheet <= job.totalSheets; sheet += 1) {
    digests.push(await digestOf({ ...job, sheet }));
  }
  return digests;
}
