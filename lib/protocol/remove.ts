import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { fail, ok, type Result } from '../failure.ts';
import type { JobTarget } from '../keys/job-id.ts';
import { namedLeaseOf } from '../lease/job-lease.ts';
import { leaseKey } from '../lease/lease.ts';
import { provesLease } from '../lease/token.ts';
import { checkPrecondition, requireJob } from '../storage/precondition.ts';
import { maxBytesOf } from '../storage/stored-job.ts';
import { StoreError } from '../store.ts';
import type { ProtocolContext } from './context.ts';
import { leaseHeld } from './holding.ts';
import type { JobGuard } from './job-guard.ts';
import { leaseLost } from './lost-lease.ts';
import {
  type DecisionInput,
  endExpiredFirst,
  expireFirst,
  type JobDecision,
  keep,
  remove,
} from './transact.ts';
import type { WriteOptions } from './write-access.ts';

export interface RemovalOptions extends WriteOptions {
  /** Deletes the job even if it is leased. */
  readonly force: boolean;
  /** What the job and its lease must be like; left out for any job. It is not asked about an unreadable job. */
  readonly guard?: JobGuard;
}

export interface RemovedJob {
  /** The size of its state; 0 where that was not readable. */
  readonly bytes: number;
}

export interface JobRemoval {
  /** Failures: `job_not_found`, `lease_held`, `lease_lost`, `version_conflict`, `job_id_collision`. */
  remove(target: JobTarget, options: RemovalOptions): Promise<Result<RemovedJob>>;
  /**
   * Deletes a job that is not leased, if `isDue` says so of the state that is stored then. Whether it was deleted.
   * Failures: those of a load.
   */
  retire(target: JobTarget, isDue: (state: CheckpointState) => boolean): Promise<Result<boolean>>;
}

export function createJobRemoval({
  store,
  expiredLeases,
  leaseStore,
  transact,
}: Pick<ProtocolContext, 'store' | 'expiredLeases' | 'leaseStore' | 'transact'>): JobRemoval {
  async function removeSidecars(jobId: string, leaseId: string | null): Promise<void> {
    if (leaseId !== null) await leaseStore.tryRemove(leaseKey(jobId, leaseId));
    try {
      await expiredLeases.remove(jobId);
    } catch (error) {
      // The job is deleted, so a record that is left behind is never read.
      if (!(error instanceof StoreError)) throw error;
    }
  }

  return {
    /*
     * 1. It deletes the job. 2. It removes the lease object and the record of expired leases.
     *
     * Step 1 is the point of no return. An object that is left behind has no effect any more.
     */
    async remove(target, options) {
      const { token } = options;
      const removed = await transact(target, { token }, input =>
        decide(target.jobId, input, options),
      );
      if (!removed.ok) return removed;
      const { leaseId, bytes } = removed.value;
      await removeSidecars(target.jobId, leaseId);
      return ok({ bytes });
    },

    async retire(target, isDue) {
      const { jobId } = target;
      const retired = await transact<boolean>(target, { token: null }, ({ current }) => {
        const job = requireJob(jobId, current, key => store.locate(key));
        if (!job.ok) return job;
        const { state } = job.value;
        return namedLeaseOf(state) === null && isDue(state) ? remove(true) : keep(false);
      });
      if (retired.ok && retired.value) await removeSidecars(jobId, null);
      return retired;
    },
  };
}

interface Removed extends RemovedJob {
  /** The id of the lease to remove with the job. */
  readonly leaseId: string | null;
}

function decide(
  jobId: string,
  { current, caller, holding, now }: DecisionInput,
  { precondition, token, force, guard }: RemovalOptions,
): Result<JobDecision<Removed>> {
  if (current === null) return fail({ code: 'job_not_found', jobId });
  const met = checkPrecondition(jobId, current, precondition);
  if (!met.ok) return met;
  if (current.kind === 'corrupt') {
    if (holding.kind === 'unknown') return expireFirst();
    const lease = holding.kind === 'live' ? holding.lease : null;
    if (lease !== null && holding.kind === 'live' && !force && !provesLease(token, lease))
      return leaseHeld(holding, now);
    return remove({ leaseId: lease?.lease_id ?? null, bytes: 0 });
  }
  if (caller.kind === 'lost')
    return leaseLost(jobId, 'The token is not that of the lease of the job');
  if (caller.kind === 'held' && (!force || guard !== undefined)) {
    if (holding.kind === 'live' && !force) return leaseHeld(holding, now);
    // A late holder may renew its lease until the lease is ended.
    if (holding.kind === 'unknown') return endExpiredFirst();
  }
  const isAccepted = guard?.(current, { holding, now }) ?? ok(null);
  if (!isAccepted.ok) return isAccepted;
  const leaseId = namedLeaseOf(current.state)?.id ?? null;
  return remove({ leaseId, bytes: maxBytesOf(current) });
}
