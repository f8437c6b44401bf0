import { changeTime } from '../checkpoint/owned.ts';
import { ok, type Result } from '../failure.ts';
import type { JobTarget } from '../keys/job-id.ts';
import type { PresentedToken } from '../lease/token.ts';
import { applyRequest, handBack, requestAtEnd } from '../lease/transfer.ts';
import { saving } from '../storage/job-writer.ts';
import { present } from '../storage/precondition.ts';
import type { Version } from '../store.ts';
import type { ProtocolContext } from './context.ts';
import type { WriteAccess } from './write-access.ts';

export interface LeaseRelease {
  /** Hands the job back by its holder; the version it has then. Failure: `lease_lost`. */
  release(target: JobTarget, token: PresentedToken): Promise<Result<Version>>;
}

export function createLeaseRelease(
  { store, leaseStore }: Pick<ProtocolContext, 'store' | 'leaseStore'>,
  access: WriteAccess,
): LeaseRelease {
  return {
    /*
     * 1. the lease is ended, 2. the hint written and the job changed, 3. the lease object removed
     *
     * The change of the job is the point of no return: before it the lease is one that has expired, and
     * the job is recovered; after it the lease object is an orphan. What an operator had asked of the
     * holder is done with the release.
     */
    async release(target, token) {
      const over = await access.end(target, token);
      if (!over.ok) return over;
      const lease = over.value;
      const released = await access.change(target, token, (current, _access, now) => {
        const job = present(target.jobId, current, key => store.locate(key));
        if (!job.ok) return job;
        const { state } = job.value;
        const request = requestAtEnd(state, lease);
        if (request === null) return saving(handBack(state, changeTime(state, now)), 'announce');
        const message = lease?.request_message ?? null;
        return saving(applyRequest(state, { request, message, now }), 'withhold');
      });
      if (!released.ok) return released;
      await leaseStore.removeQuietly(token.leaseKey);
      return ok(released.value.version);
    },
  };
}
