import { fail, ok, type Result } from '../failure.ts';
import type { JobTarget } from '../keys/job-id.ts';
import type { JobReader } from '../storage/job-reader.ts';
import { present } from '../storage/precondition.ts';
import type { StoredJob } from '../storage/stored-job.ts';
import type { ObjectStore } from '../store.ts';
import type { LeaseExpiry } from './expiry.ts';
import type { Holding, LeaseHoldings } from './holding.ts';

/** A job that nobody holds, or whose holder lives. */
export interface LivingJob {
  readonly job: StoredJob;
  readonly holding: Extract<Holding, { kind: 'nobody' | 'live' }>;
}

export interface LivingJobs {
  /**
   * The job as it stands, or as the caller has just seen it; a dead holder's lease is expired on the way.
   * Failures: those of a load.
   */
  look(target: JobTarget, seen?: StoredJob): Promise<Result<LivingJob>>;
}

/** A lease that was expired may be followed by another one that dies as well, but hardly so often. */
const MAX_ATTEMPTS = 20;

export function createExpireOnRead({
  store,
  reader,
  holdings,
  expiry,
}: {
  store: ObjectStore;
  reader: JobReader;
  holdings: LeaseHoldings;
  expiry: LeaseExpiry;
}): LivingJobs {
  return {
    async look({ key, jobId }, seen) {
      const looks = seen === undefined ? [] : [seen];
      for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
        const job = present(jobId, looks.pop() ?? (await reader.read(key)), place =>
          store.locate(place),
        );
        if (!job.ok) return job;
        const holding = await holdings.of(job.value.state);
        if (holding.kind !== 'dead') return ok({ job: job.value, holding });
        const expired = await expiry.expire(holding.target);
        if (!expired.ok) return expired;
      }
      return fail({ code: 'store_unavailable', retryAfterSeconds: 1 });
    },
  };
}
