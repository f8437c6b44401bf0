import { isJobKey, JOB_KEYS, jobKey } from '../keys/job-id.ts';
import type { ProtocolContext } from '../protocol/context.ts';
import { type JobSummary, summaryIn } from '../storage/job-summary.ts';
import type { JobList } from '../storage/lists/job-list.ts';
import { requireJob } from '../storage/precondition.ts';
import { type StoredEntry, StoreError } from '../store.ts';

/**
 * Running jobs that name a lease whose object is gone: the jobs were copied without their leases, or the
 * object was removed before its job named it. A sweep lists lease objects and does not find such jobs.
 */
export interface MissingLeases {
  /** The stored jobs behind the cursor, a key or null for all, in the order of their keys. */
  list(cursor: string | null): AsyncIterable<ListedJob>;
  /** Recovers a job if its lease object is gone. Whether it was. An error of the store leaves the job alone. */
  recover(jobKey: string): Promise<boolean>;
  /**
   * Recovers all jobs whose lease objects are gone. How many there were. Costs a read for every running job that
   * is leased. Once the signal is aborted no further job begins.
   */
  recoverAll(signal?: AbortSignal): Promise<number>;
}

export interface ListedJob {
  readonly key: string;
  /** Whether the job may run and name a lease. Where its label says that it does not, there is nothing to read. */
  readonly isCandidate: boolean;
  /** What the label of the job says; null without a readable label. */
  readonly summary: JobSummary | null;
}

const PAGE = 1000;

export function createMissingLeases(
  { store, reader, holdings, expiry }: ProtocolContext,
  list: JobList,
): MissingLeases {
  async function* listJobs(cursor: string | null): AsyncGenerator<ListedJob> {
    for await (const entry of store.list(JOB_KEYS, cursor ?? JOB_KEYS)) {
      const isJob = isJobKey(entry.key);
      const summary = isJob ? summaryOf(entry) : null;
      yield { key: entry.key, isCandidate: isJob && isCandidate(summary), summary };
    }
  }

  /** The keys of the running jobs that are leased, as the index of the jobs has them. */
  async function* listLeasedJobs(): AsyncGenerator<string> {
    let cursor: string | null = null;
    do {
      const page = await list.page({ statuses: ['running'], limit: PAGE, cursor });
      if (!page.ok) return;
      for (const { job_id: jobId, holder } of page.value.jobs) {
        if (holder !== null) yield jobKey(jobId);
      }
      cursor = page.value.nextCursor;
    } while (cursor !== null);
  }

  async function recoverJob(key: string): Promise<boolean> {
    const current = await reader.read(key);
    const jobId = current?.kind === 'job' ? current.state.job_id : key;
    const job = requireJob(jobId, current, place => store.locate(place));
    if (!job.ok || job.value.state.status !== 'running') return false;
    const holding = await holdings.of(job.value.state);
    if (holding.kind !== 'dead' || holding.lease !== null) return false;
    const expired = await expiry.expire(holding.target);
    return expired.ok && expired.value.outcome !== 'orphan';
  }

  async function recover(key: string): Promise<boolean> {
    try {
      return await recoverJob(key);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return false;
    }
  }

  return {
    list: listJobs,
    recover,

    async recoverAll(signal) {
      let recovered = 0;
      for await (const key of listLeasedJobs()) {
        if (signal?.aborted === true) break;
        if (await recover(key)) recovered += 1;
      }
      return recovered;
    },
  };
}

function summaryOf({ label, version }: StoredEntry): JobSummary | null {
  return label === null ? null : summaryIn(label, version);
}

function isCandidate(summary: JobSummary | null): boolean {
  return summary === null || (summary.status === 'running' && summary.holder !== null);
}
