import type { Lease } from '../lease/lease.ts';
import type { StoredJob } from '../storage/stored-job.ts';

/** A job in new hands. The token is told here and nowhere else. */
export interface Grant {
  readonly lease: Lease;
  readonly token: string;
  readonly job: StoredJob;
}
