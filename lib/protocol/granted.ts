import type { Lease } from '../lease/lease.ts';
import type { StoredJob } from '../storage/stored-job.ts';

/** A new lease on a job. Only this answer holds the token: the service stores its digest. */
export interface Grant {
  readonly lease: Lease;
  readonly token: string;
  readonly job: StoredJob;
}
