import { changeTime } from '../checkpoint/owned.ts';
import { jobKey } from '../keys/job-id.ts';
import { namedLeaseOf } from '../lease/job-lease.ts';
import type { Lease } from '../lease/lease.ts';
import { handBack } from '../lease/transfer.ts';
import { present } from '../storage/precondition.ts';
import type { ProtocolContext } from './context.ts';
import { keep, save } from './transact.ts';

/** Takes back a grant that its caller did not wait for. */
export interface LeaseReturn {
  /** Does nothing where the lease was used already: a repeated call may have got it. */
  giveBack(lease: Lease): Promise<void>;
}

export function createLeaseReturn({
  store,
  endLease,
}: Pick<ProtocolContext, 'store' | 'endLease'>): LeaseReturn {
  return {
    async giveBack({ job_id: jobId, lease_id: leaseId }) {
      const target = { key: jobKey(jobId), jobId };
      await endLease(target, { kind: 'unused-grant', leaseId }, ({ current, now }) => {
        const job = present(jobId, current, key => store.locate(key));
        if (!job.ok) return job;
        const { state } = job.value;
        if (namedLeaseOf(state)?.id !== leaseId) return keep(null);
        return save(handBack(state, changeTime(state, now)), () => null, 'announce');
      });
    },
  };
}
