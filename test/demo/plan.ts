import type { Client, JobState } from '../../lib/worker.ts';
import { digestOf } from './digest.ts';

/** One job of the demo: an installed package to be hashed. */
export interface PlannedJob {
  readonly jobId: string;
  readonly packageName: string;
  readonly totalSheets: number;
  readonly rounds: number;
}

export const TTL_SECONDS = 5;
export const POLL_SECONDS = 0.5;
/** How much longer all may take than where nothing else runs: `DEMO_PATIENCE`, for machines that are busy. */
const PATIENCE = Number(process.env['DEMO_PATIENCE'] ?? 1);
/** What a grant may take beyond the lease and the sweep: two polls, an emulation, and processes that wait for a core. */
export const SLACK_SECONDS = 4 * PATIENCE;
export const LIMIT_SECONDS = 180 * PATIENCE;
/** What a worker has that was asked to stop. */
export const STOP_SECONDS = 5 * PATIENCE;

const ROUNDS = 8;
/** A sheet lasts about 400 ms. */
const PAUSE_MS = 50;

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

export function makePlan(): Plan {
  const long = plannedJob(LONG);
  const middle = plannedJob(MIDDLE);
  const short = plannedJob(SHORT);
  const jobs = [long, middle, short];
  return { long, short, jobs, totalSheets: jobs.reduce((sum, job) => sum + job.totalSheets, 0) };
}

function plannedJob(part: typeof LONG): PlannedJob {
  return { ...part, jobId: `hash-${part.packageName}`, rounds: ROUNDS };
}

export async function createJob(client: Client, job: PlannedJob): Promise<JobState> {
  const { jobId, packageName, totalSheets, rounds } = job;
  return client.create({
    job_id: jobId,
    job_name: `SHA-256 of ${packageName}`,
    total_sheets: totalSheets,
    config_snapshot: { package_name: packageName, rounds, pause_ms: PAUSE_MS },
  });
}

/** The results of a job, without a service, a worker or a pause: one sheet after the other. */
export async function plainLoop(job: PlannedJob): Promise<readonly string[]> {
  const digests: string[] = [];
  for (let sheet = 1; sheet <= job.totalSheets; sheet += 1) {
    digests.push(await digestOf({ ...job, sheet }, { pauseMs: 0 }));
  }
  return digests;
}
