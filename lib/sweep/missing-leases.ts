import { isJobKey, JOB_KEYS, jobKey } from '../keys/job-id.ts';
import type { ProtocolContext } from '../protocol/context.ts';
import type { JobList } from '../storage/job-list.ts';
import { summaryIn } from '../storage/job-summary.ts';
import { present } from '../storage/precondition.ts';
import { type StoredEntry, StoreError } from '../store.ts';

/**
 * Running jobs that name a lease whose object is not there: the states were copied without it, or it was
 * removed before its job named it. A sweep goes by the lease objects and does not see them.
 */
export interface MissingLeases {
  /** Recovers them all. How many there were. Costs a read for every running job that was leased. */
  recover(): Promise<number>;
  /**
   * Looks at the stored jobs behind the cursor, and recovers those that run and of which `isLeased` knows
   * no lease object. It goes by the labels of the list, and reads what is a candidate or bears no label.
   */
  recoverSome(options: StrayOptions): Promise<StrayReport>;
}

export interface StrayOptions {
  /** A key of a job, null for the first. */
  readonly cursor: string | null;
  readonly limit: number;
  /** Whether a lease object of the job under this key has been seen just now. */
  readonly isLeased: (jobKey: string) => boolean;
  /** Whether there is room for one more job that has to be read. */
  readonly mayBegin: () => boolean;
  /** Done before a job is read. */
  readonly before: (key: string) => Promise<void>;
}

export interface StrayReport {
  readonly recovered: number;
  /** Where to go on, null at the end. */
  readonly cursor: string | null;
}

const PAGE = 1000;

export function createMissingLeases(
  { store, reader, holdings, expiry }: ProtocolContext,
  list: JobList,
): MissingLeases {
  async function recoverAt(key: string): Promise<boolean> {
    try {
      const current = await reader.read(key);
      const jobId = current?.kind === 'job' ? current.state.job_id : key;
      const job = present(jobId, current, place => store.locate(place));
      if (!job.ok || job.value.state.status !== 'running') return false;
      const holding = await holdings.of(job.value.state);
      if (holding.kind !== 'dead' || holding.lease !== null) return false;
      const expired = await expiry.expire(holding.target);
      return expired.ok && expired.value.outcome !== 'orphan';
    } catch (error) {
      // One job that the store fails on keeps no other from being recovered.
      if (!(error instanceof StoreError)) throw error;
      return false;
    }
  }

  return {
    async recover() {
      let recovered = 0;
      let cursor: string | null = null;
      do {
        const page = await list.page({ statuses: ['running'], limit: PAGE, cursor });
        if (!page.ok) return recovered;
        for (const { job_id: jobId, holder } of page.value.jobs) {
          if (holder !== null && (await recoverAt(jobKey(jobId)))) recovered += 1;
        }
        cursor = page.value.nextCursor;
      } while (cursor !== null);
      return recovered;
    },

    async recoverSome({ cursor, limit, isLeased, mayBegin, before }) {
      let recovered = 0;
      let looked = 0;
      let last = cursor;
      for await (const entry of store.list(JOB_KEYS, cursor ?? JOB_KEYS)) {
        if (looked === limit) return { recovered, cursor: last };
        if (isJobKey(entry.key) && isCandidate(entry) && !isLeased(entry.key)) {
          if (!mayBegin()) return { recovered, cursor: last };
          await before(entry.key);
          if (await recoverAt(entry.key)) recovered += 1;
        }
        looked += 1;
        last = entry.key;
      }
      return { recovered, cursor: null };
    },
  };
}

/** What a label tells of a job that is not running costs no read. */
function isCandidate({ label, version }: StoredEntry): boolean {
  const summary = label === null ? null : summaryIn(label, version);
  return summary === null || (summary.status === 'running' && summary.holder !== null);
}
