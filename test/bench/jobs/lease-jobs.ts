import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import type { Timestamp } from '../../../lib/base/timestamp.ts';
import { namelessKey } from '../../../lib/keys/ready-hint.ts';
import { type PresentedToken, readToken } from '../../../lib/lease/token.ts';
import type { Grant } from '../../../lib/protocol/granted.ts';
import type { Repository } from '../../../lib/service/service.ts';
import { must, targetFor, UNGUARDED } from './job-folder.ts';
import { type Size, stateBody } from './state.ts';

/** No job of this many sheets: a state of about 2 KB. */
export const NO_SHEETS: Size = { name: '2 KB', sheets: 0 };

const UPDATED_AT = '2026-01-02T04:04:05.678901Z' as Timestamp;

/** Adds jobs to a folder: handed back and waiting to be claimed, each with its hint, or completed. */
export function writeJobs(
  folder: string,
  options: {
    count: number;
    size: Size;
    status: 'paused' | 'completed';
    /** The key of the hint of a job that waits; one without a name hash by default. */
    hintOf?: (jobId: string) => string;
  },
): void {
  const { count, size, status } = options;
  const { hintOf = jobId => namelessKey(jobId, UPDATED_AT) } = options;
  const template = new TextDecoder()
    .decode(stateBody('template', size))
    .replace('"status": "running"', `"status": "${status}"`);
  const [head = '', tail = ''] = template.split('"template"');
  mkdirSync(`${folder}/.dalsegno/ready`, { recursive: true });
  for (let index = 0; index < count; index++) {
    const jobId = `${status}-${String(index).padStart(6, '0')}`;
    writeFileSync(`${folder}/${jobId}.json`, `${head}"${jobId}"${tail}`);
    if (status === 'paused') writeFileSync(`${folder}/.dalsegno/${hintOf(jobId)}`, '');
  }
  // What is not on the disk yet would be paid for by the first who save something.
  execFileSync('sync');
}

export const ASK = { holder: 'bench', ttlSeconds: 3600, key: null, isGone: () => false };

/** Creates a job and leases it, for longer than any bench takes. */
export async function holdJob(
  { jobs, leases }: Repository,
  jobId: string,
  size: Size,
): Promise<Grant> {
  const target = targetFor(jobId);
  await must(jobs.save(target, stateBody(jobId, size), UNGUARDED));
  return must(leases.acquire(target, ASK));
}

/** A claim that finds a job. */
export async function claimOne({ leases }: Repository): Promise<Grant> {
  const grant = await must(leases.claim({ ...ASK, jobName: null, jobPrefix: '' }));
  if (grant === null) throw new Error('The bench ran out of jobs that wait');
  return grant;
}

export async function releaseJob({ leases }: Repository, { lease, token }: Grant): Promise<void> {
  await must(leases.release(targetFor(lease.job_id), await presented(token)));
}

function presented(token: string): Promise<PresentedToken> {
  return must(Promise.resolve(readToken(token, 'token')));
}

/** Runs a task for each item, at most so many side by side. */
export async function inLanes<T, U>(
  items: readonly T[],
  lanes: number,
  task: (item: T) => Promise<U>,
): Promise<U[]> {
  const results: U[] = [];
  const left = items.entries();
  async function lane(): Promise<void> {
    for (const [index, item] of left) results[index] = await task(item);
  }
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}
