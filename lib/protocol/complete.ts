import { MAX_VALUES, tooLarge } from '../checkpoint/limits.ts';
import { changeTime } from '../checkpoint/owned.ts';
import { wouldExceed } from '../checkpoint/skip-remaining.ts';
import { ok, type Result } from '../failure.ts';
import type { JobTarget } from '../keys/job-id.ts';
import { recordChange } from '../lease/history.ts';
import { namedLeaseOf } from '../lease/job-lease.ts';
import { leaseKey } from '../lease/lease.ts';
import type { PresentedToken } from '../lease/token.ts';
import { completeOnRequest } from '../lease/transfer.ts';
import { requireJob } from '../storage/precondition.ts';
import type { StoredJob } from '../storage/stored-job.ts';
import type { ProtocolContext } from './context.ts';
import { finished, type Operator } from './control.ts';
import { leaseHeld } from './holding.ts';
import { leaseLost } from './lost-lease.ts';
import {
  type DecisionInput,
  expireFirst,
  type JobDecision,
  keep,
  saveFromClient,
} from './transact.ts';

export interface CompletionOptions extends Operator {
  /** The holder's lease token, if the holder itself completes the job; null for an operator. */
  readonly token: PresentedToken | null;
  /** Completes the job even if it is leased. */
  readonly force: boolean;
}

export interface JobCompletion {
  /**
   * Completes a job no sheet of which will run: its remaining sheets are skipped. A completed job does not change.
   * Failures: `job_finished` for a failed or cancelled job, `lease_held`, `lease_lost`, `state_too_large`, those of a
   * load and of the guard.
   */
  complete(target: JobTarget, options: CompletionOptions): Promise<Result<StoredJob>>;
}

/** The job, and the key of the lease that it was taken from, if its object is not removed yet. */
interface Completed {
  readonly job: StoredJob;
  readonly left: string | null;
}

export function createJobCompletion({
  store,
  leaseStore,
  limits,
  transact,
}: Pick<ProtocolContext, 'store' | 'leaseStore' | 'limits' | 'transact'>): JobCompletion {
  const mostSheets = Math.min(limits.sheets, MAX_VALUES);

  function decide(
    jobId: string,
    { current, caller, holding, now }: DecisionInput,
    { force, by = null, guard }: CompletionOptions,
  ): Result<JobDecision<Completed>> {
    const found = requireJob(jobId, current, key => store.locate(key));
    if (!found.ok) return found;
    const job = found.value;
    const { state } = job;
    // The answer to an earlier call may have been lost, and the lease is over since.
    if (state.status === 'completed') return keep({ job, left: null });
    if (caller.kind === 'lost')
      return leaseLost(jobId, 'The token is not that of the lease of the job');
    const met = guard?.(job, { holding, now }) ?? ok(null);
    if (!met.ok) return met;
    if (caller.kind === 'held' && holding.kind === 'unknown') return expireFirst();
    if (caller.kind === 'held' && holding.kind === 'live' && !force) return leaseHeld(holding, now);
    if (state.status === 'failed' || state.status === 'cancelled') return finished(state);
    if (wouldExceed(state, mostSheets)) return tooLarge('sheets', state.total_sheets, mostSheets);
    const named = namedLeaseOf(state);
    const completed = recordChange(state, completeOnRequest(state, changeTime(state, now)), {
      event: 'completed',
      by: caller.kind === 'holder' ? caller.named.holder : by,
      now,
    });
    const key = named === null ? null : leaseKey(jobId, named.id);
    const removal = key === null ? null : leaseStore.removal(key, { receipt: null });
    return saveFromClient(
      completed,
      saved => ({ job: saved, left: removal?.hasHappened() === true ? null : key }),
      { sidecars: removal === null ? [] : [removal.sidecar] },
    );
  }

  return {
    /*
     * 1. It changes the job, which then names no lease. 2. It removes the lease object.
     *
     * Step 1 is the point of no return. After a crash behind it, the lease object is an orphan, and a sweep removes it.
     * A pending request of an operator is dropped, as by the last update of a holder.
     */
    async complete(target, options) {
      const { token } = options;
      const changed = await transact<Completed>(target, { token }, input =>
        decide(target.jobId, input, options),
      );
      if (!changed.ok) return changed;
      const { job, left } = changed.value;
      if (left !== null) await leaseStore.tryRemove(left);
      return ok(job);
    },
  };
}
