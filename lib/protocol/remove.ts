import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { fail, ok, type Result } from '../failure.ts';
import type { JobTarget } from '../keys/job-id.ts';
import { safeName } from '../keys/job-id.ts';
import { accessOf } from '../lease/caller.ts';
import { namedLeaseOf } from '../lease/job-lease.ts';
import { leaseKey } from '../lease/lease.ts';
import { meets } from '../storage/precondition.ts';
import { StoreError } from '../store.ts';
import type { ProtocolContext } from './context.ts';
import { heldBy } from './holding.ts';
import type { WriteOptions } from './write-access.ts';
import { type LostLeases, otherJob } from './write-access.ts';

export interface RemovalOptions extends WriteOptions {
  /** Whoever holds the job. */
  readonly force: boolean;
}

export interface JobRemoval {
  /** Failures: `job_not_found`, `lease_held`, `lease_lost`, `version_conflict`, `job_id_collision`. */
  remove(target: JobTarget, options: RemovalOptions): Promise<Result<null>>;
}

const MAX_ATTEMPTS = 20;

export function createJobRemoval(parts: ProtocolContext, lost: LostLeases): JobRemoval {
  const { clock, reader, writer, leaseStore, holdings, expiry, expiredLeases } = parts;

  /** Why the state may not be removed, by who holds it. */
  async function refusal(
    state: CheckpointState,
    { token, force }: RemovalOptions,
  ): Promise<Result<null> | 'renewed'> {
    const access = accessOf(state, token);
    if (access.kind === 'lost' && token !== null) {
      const { job_id: jobId } = state;
      if (token.safeName !== safeName(jobId)) return otherJob(jobId);
      return lost.failure(token, {
        jobId,
        reason: 'The token is not that of the lease of the job',
      });
    }
    if (access.kind !== 'held' || force) return ok(null);
    const holding = await holdings.of(state);
    if (holding.kind === 'live') return heldBy(holding, clock);
    if (holding.kind === 'nobody') return ok(null);
    // Until its lease is ended a late holder may renew it.
    const over = await expiry.endLease(holding.target.leaseKey);
    if (!over.ok) return over;
    return over.value.alive ? 'renewed' : ok(null);
  }

  /*
   * 1. the job is deleted, 2. its lease object and the record of lapses are removed
   *
   * The deletion is the point of no return. What is left over after it opens nothing any more.
   */
  async function remove({ key, jobId }: JobTarget, options: RemovalOptions): Promise<Result<null>> {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const current = await reader.read(key);
      if (current === null) return fail({ code: 'job_not_found', jobId });
      const met = meets(jobId, current, options.precondition);
      if (!met.ok) return met;
      const state = current.kind === 'job' ? current.state : null;
      const unread = state === null ? await holdings.ofUnreadable(jobId) : null;
      if (unread !== null && !options.force) return heldBy(unread, clock);
      const allowed = state === null ? ok(null) : await refusal(state, options);
      if (allowed === 'renewed') continue;
      if (!allowed.ok) return allowed;
      const leaseId =
        unread?.lease.lease_id ?? (state === null ? null : namedLeaseOf(state)?.id) ?? null;
      let overtaken = false;
      const removed = await writer.remove(key, now => {
        if (now === null) return fail({ code: 'job_not_found', jobId });
        const holder = now.kind === 'job' ? namedLeaseOf(now.state) : null;
        overtaken = holder !== null && holder.id !== leaseId;
        return overtaken ? fail({ code: 'internal' }) : meets(jobId, now, options.precondition);
      });
      if (overtaken) continue;
      if (removed.ok) await clear(jobId, leaseId);
      return removed;
    }
    return fail({ code: 'store_unavailable', retryAfterSeconds: 1 });
  }

  async function clear(jobId: string, leaseId: string | null): Promise<void> {
    if (leaseId !== null) await leaseStore.removeQuietly(leaseKey(jobId, leaseId));
    try {
      await expiredLeases.remove(jobId);
    } catch (error) {
      // The job is gone; figures of it that stay are read by nobody.
      if (!(error instanceof StoreError)) throw error;
    }
  }

  return { remove };
}
