import { changeTime } from '../checkpoint/owned.ts';
import { ok } from '../failure.ts';
import { jobKey } from '../keys/job-id.ts';
import { namedLeaseOf } from '../lease/job-lease.ts';
import { type Lease, leaseKey } from '../lease/lease.ts';
import { ended, isRenewable } from '../lease/rules.ts';
import { handBack } from '../lease/transfer.ts';
import { keeping, saving } from '../storage/job-writer.ts';
import { present } from '../storage/precondition.ts';
import type { ProtocolContext } from './context.ts';

/** Takes back a grant that its caller did not wait for. */
export interface LeaseReturn {
  /** Nothing is done where somebody has used the lease already: a repeated call may have got it. */
  giveBack(lease: Lease): Promise<void>;
}

export function createLeaseReturn({
  store,
  clock,
  writer,
  leaseStore,
}: Pick<ProtocolContext, 'store' | 'clock' | 'writer' | 'leaseStore'>): LeaseReturn {
  return {
    /*
     * 1. the lease is ended, 2. the hint written and the job changed, 3. the lease object removed:
     * a release without its holder.
     */
    async giveBack({ job_id: jobId, lease_id: leaseId }) {
      const key = leaseKey(jobId, leaseId);
      let isOurs = false;
      const marked = await leaseStore.change(key, current => {
        isOurs =
          current?.kind === 'lease' && isRenewable(current.lease) && current.lease.renewals === 0;
        return ok(isOurs && current?.kind === 'lease' ? ended(current.lease, clock.now()) : null);
      });
      if (!marked.ok || !isOurs) return;
      const returned = await writer.change(jobKey(jobId), (current, now) => {
        const job = present(jobId, current, place => store.locate(place));
        if (!job.ok) return job;
        const { state } = job.value;
        if (namedLeaseOf(state)?.id !== leaseId) return keeping(job.value);
        return saving(handBack(state, changeTime(state, now)), 'announce');
      });
      if (returned.ok) await leaseStore.removeQuietly(key);
    },
  };
}
