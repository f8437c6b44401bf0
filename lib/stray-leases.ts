import { present } from './job-expectation.ts';
import { jobKey } from './job-id.ts';
import type { JobList } from './job-list.ts';
import type { LeaseParts } from './lease-parts.ts';
import { StoreError } from './store.ts';

export interface StrayLeases {
  /**
   * Recovers running jobs that name a lease whose object is not there: the states were copied without
   * it, or it was removed before its job named it. A sweep goes by the lease objects and does not see
   * them. How many there were. Costs a read for every running job that was leased.
   */
  recover(): Promise<number>;
}

const PAGE = 1000;

export function createStrayLeases(
  { store, reader, holdings, expiry }: LeaseParts,
  list: JobList,
): StrayLeases {
  async function recoverOne(jobId: string): Promise<boolean> {
    try {
      const job = present(jobId, await reader.read(jobKey(jobId)), key => store.locate(key));
      if (!job.ok) return false;
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
          if (holder !== null && (await recoverOne(jobId))) recovered += 1;
        }
        cursor = page.value.nextCursor;
      } while (cursor !== null);
      return recovered;
    },
  };
}
