import { changeTime } from '../checkpoint/owned.ts';
import { jobKey } from '../keys/job-id.ts';
import { recordChange } from '../lease/history.ts';
import { namedLeaseOf } from '../lease/job-lease.ts';
import type { Lease } from '../lease/lease.ts';
import { handBack } from '../lease/transfer.ts';
import { requireJob } from '../storage/precondition.ts';
import type { ProtocolContext } from './context.ts';
import { keep, save } from './transact.ts';

/** Takes back a grant after its caller disconnected. */
export interface LeaseReturn {
  /** Does nothing if the lease is already in use: a repeated call may have received it. */
  giveBack(lease: Lease): Promise<void>;
}

const GONE = 'The caller disconnected before the answer to its claim';

export function createLeaseReturn({
  store,
  endLease,
}: Pick<ProtocolContext, 'store' | 'endLease'>): LeaseReturn {
  return {
    async giveBack({ job_id: jobId, lease_id: leaseId }) {
      const target = { key: jobKey(jobId), jobId };
      await endLease(target, { kind: 'unused-grant', leaseId }, ({ current, now }) => {
        const job = requireJob(jobId, current, key => store.locate(key));
        if (!job.ok) return job;
        const { state } = job.value;
        if (namedLeaseOf(state)?.id !== leaseId) return keep(null);
        const returned = recordChange(state, handBack(state, changeTime(state, now)), {
          event: 'released',
          by: null,
          reason: GONE,
          now,
        });
        return save(returned, () => null, 'announce');
      });
    },
  };
}
