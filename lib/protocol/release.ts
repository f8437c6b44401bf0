import { changeTime } from '../checkpoint/owned.ts';
import type { Result } from '../failure.ts';
import type { JobTarget } from '../keys/job-id.ts';
import { recordChange } from '../lease/history.ts';
import { namedLeaseOf } from '../lease/job-lease.ts';
import type { PresentedToken } from '../lease/token.ts';
import { handBack, requestAtEnd } from '../lease/transfer.ts';
import { requireJob } from '../storage/precondition.ts';
import type { Version } from '../store.ts';
import type { ProtocolContext } from './context.ts';
import { carryOutRequest } from './pending-request.ts';
import { save } from './transact.ts';

export interface LeaseRelease {
  /** Ends the caller's lease and returns the version of the released job. Failure: `lease_lost`. */
  release(target: JobTarget, token: PresentedToken): Promise<Result<Version>>;
}

export function createLeaseRelease({
  store,
  endLease,
}: Pick<ProtocolContext, 'store' | 'endLease'>): LeaseRelease {
  return {
    release: (target, token) =>
      endLease(target, { kind: 'holder', token }, ({ current, now }, lease) => {
        const job = requireJob(target.jobId, current, key => store.locate(key));
        if (!job.ok) return job;
        const { state } = job.value;
        // The release carries out a pending request of an operator.
        const request = requestAtEnd(state, lease);
        if (lease !== null && request !== null)
          return save(carryOutRequest(state, { lease, request, now }), versionOf, 'withhold');
        const returned = recordChange(state, handBack(state, changeTime(state, now)), {
          event: 'released',
          by: namedLeaseOf(state)?.holder ?? null,
          now,
        });
        return save(returned, versionOf, 'announce');
      }),
  };
}

function versionOf({ version }: { readonly version: Version }): Version {
  return version;
}
