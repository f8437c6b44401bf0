import { fail, type Result } from '../failure.ts';
import type { JobTarget } from '../keys/job-id.ts';
import { namedLeaseOf } from '../lease/job-lease.ts';
import { leaseKey } from '../lease/lease.ts';
import { meets } from '../storage/precondition.ts';
import { StoreError } from '../store.ts';
import type { ProtocolContext } from './context.ts';
import { heldBy } from './holding.ts';
import { leaseLost } from './lost-lease.ts';
import { type Decided, endExpiredFirst, expireFirst, remove, type Seen } from './transact.ts';
import type { WriteOptions } from './write-access.ts';

export interface RemovalOptions extends WriteOptions {
  /** The job is deleted whatever lease it has. */
  readonly force: boolean;
}

export interface JobRemoval {
  /** Failures: `job_not_found`, `lease_held`, `lease_lost`, `version_conflict`, `job_id_collision`. */
  remove(target: JobTarget, options: RemovalOptions): Promise<Result<null>>;
}

export function createJobRemoval({
  expiredLeases,
  leaseStore,
  transact,
}: Pick<ProtocolContext, 'expiredLeases' | 'leaseStore' | 'transact'>): JobRemoval {
  async function clear(jobId: string, leaseId: string | null): Promise<void> {
    if (leaseId !== null) await leaseStore.removeQuietly(leaseKey(jobId, leaseId));
    try {
      await expiredLeases.remove(jobId);
    } catch (error) {
      // The job is gone; figures of it that stay are read by nobody.
      if (!(error instanceof StoreError)) throw error;
    }
  }

  return {
    /*
     * 1. the job is deleted, 2. its lease object and the record of its expired leases are removed
     *
     * The deletion is the point of no return. What is left after it proves nothing any more.
     */
    async remove(target, options) {
      const { token } = options;
      const removed = await transact(target, { token }, seen =>
        decide(target.jobId, seen, options),
      );
      if (!removed.ok) return removed;
      await clear(target.jobId, removed.value.leaseId);
      return { ok: true, value: null };
    },
  };
}

/** The id of the lease that goes with the job. */
interface Removed {
  readonly leaseId: string | null;
}

function decide(
  jobId: string,
  { current, caller, holding, now }: Seen,
  { precondition, force }: RemovalOptions,
): Result<Decided<Removed>> {
  if (current === null) return fail({ code: 'job_not_found', jobId });
  const met = meets(jobId, current, precondition);
  if (!met.ok) return met;
  if (current.kind === 'corrupt') {
    if (holding.kind === 'unknown') return expireFirst();
    const lease = holding.kind === 'live' ? holding.lease : null;
    if (holding.kind === 'live' && !force) return heldBy(holding, now);
    return remove({ leaseId: lease?.lease_id ?? null });
  }
  if (caller.kind === 'lost')
    return leaseLost(jobId, 'The token is not that of the lease of the job');
  if (caller.kind === 'held' && !force) {
    if (holding.kind === 'live') return heldBy(holding, now);
    // Until its lease is ended a late holder may renew it.
    if (holding.kind === 'unknown') return endExpiredFirst();
  }
  return remove({ leaseId: namedLeaseOf(current.state)?.id ?? null });
}
