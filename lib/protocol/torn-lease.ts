import type { Timestamp } from '../base/timestamp.ts';
import { type Lease, parseLeaseKey } from '../lease/lease.ts';
import { rebuiltLease } from '../lease/torn-lease.ts';
import type { JobReader } from '../storage/job-reader.ts';

/** Rebuilds lease objects that cannot be read from the states of their jobs. */
export interface TornLeases {
  /**
   * The lease under the key, as the state of its job has it. It ends at `expiresAt`. Null if the job does not name the
   * lease. Costs a read of the job, so it is for objects that were found unreadable only.
   */
  rebuild(leaseKey: string, expiresAt: Timestamp): Promise<Lease | null>;
}

export function createTornLeases({ reader }: { reader: JobReader }): TornLeases {
  return {
    async rebuild(key, expiresAt) {
      const target = parseLeaseKey(key);
      const job = target === null ? null : await reader.read(target.jobKey);
      return job?.kind === 'job' ? rebuiltLease(job.state, { key, expiresAt }) : null;
    },
  };
}
