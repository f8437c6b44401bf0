import type { Clock } from './clock.ts';
import { ok, type Result } from './failure.ts';
import { present } from './job-expectation.ts';
import { type JobWriter, keeping, saving } from './job-writer.ts';
import type { Lapses } from './lapses.ts';
import { applyRequest, recover } from './lease/job-handover.ts';
import { namedLeaseOf } from './lease/job-lease.ts';
import type { Lease } from './lease/lease.ts';
import { expired as expiredLease, isRunning } from './lease/lease-rules.ts';
import type { LeaseBook } from './lease-book.ts';
import type { CheckpointState } from './state/checkpoint.ts';
import type { ObjectStore } from './store.ts';
import type { Timestamp } from './timestamp.ts';

export interface LeaseTarget {
  readonly jobKey: string;
  readonly leaseKey: string;
  readonly leaseId: string;
}

export interface Expiry {
  /**
   * `alive`: the lease runs, nothing was done. `orphan`: no job names the lease, and it is gone now. The
   * rest is what became of the job.
   */
  readonly outcome: 'alive' | 'orphan' | 'recovered' | 'failed' | 'cancelled';
  /** Why the lease object could not be read, where it is there and cannot. */
  readonly corrupt: string | null;
}

export interface LeaseExpiry {
  /**
   * Takes a job from a holder that is dead by the clock. Where the lease object is unreadable or gone
   * nobody can renew it, and the job is taken as well. Failure: `state_corrupt`.
   */
  expire(target: LeaseTarget): Promise<Result<Expiry>>;
}

export function createLeaseExpiry(parts: {
  store: ObjectStore;
  clock: Clock;
  writer: JobWriter;
  book: LeaseBook;
  lapses: Lapses;
}): LeaseExpiry {
  const { store, clock, writer, book, lapses } = parts;

  /*
   * 1. the lease is marked as expired: from here on it is not renewed
   * 2. the hint is written, and the job changed to `paused` if it still names the lease
   * 3. the lapse is noted, 4. the lease object removed
   *
   * The change of the job is the point of no return: before it the next sweep begins again, after it
   * the lease object is an orphan that the next sweep removes.
   */
  async function expire({ jobKey, leaseKey, leaseId }: LeaseTarget): Promise<Result<Expiry>> {
    const marked = await book.change(leaseKey, current => {
      if (current?.kind !== 'lease') return ok(null);
      const { lease } = current;
      return ok(lease.expired || isRunning(lease, clock.now()) ? null : expiredLease(lease));
    });
    if (!marked.ok) return marked;
    const lease = marked.value?.kind === 'lease' ? marked.value.lease : null;
    const corrupt = marked.value?.kind === 'corrupt' ? marked.value.reason : null;
    if (lease !== null && isRunning(lease, clock.now())) return ok({ outcome: 'alive', corrupt });

    let outcome: Expiry['outcome'] = 'orphan';
    const changed = await writer.change(jobKey, (current, now) => {
      outcome = 'orphan';
      const jobId = current?.kind === 'job' ? current.state.job_id : (lease?.job_id ?? jobKey);
      const job = present(jobId, current, key => store.locate(key));
      if (!job.ok) return job;
      const { state } = job.value;
      if (namedLeaseOf(state)?.id !== leaseId) return keeping(job.value);
      const taken = takenFrom(state, lease, now);
      // What is not running was stopped by another program, and waits for whom it is to wait.
      if (state.status !== 'running') return saving(taken);
      outcome = outcomeOf(taken);
      return saving(taken, lease?.requested === 'pause' ? 'withhold' : 'announce');
    });
    if (!changed.ok && changed.failure.code !== 'job_not_found') return changed;

    const died = lease !== null && lease.ended_at === null && outcome !== 'orphan';
    if (died) await lapses.note(lease);
    await book.remove(leaseKey);
    return ok({ outcome, corrupt });
  }

  return { expire };
}

/** What an operator had asked of the holder is done now, for no holder will. */
function takenFrom(state: CheckpointState, lease: Lease | null, now: Timestamp): CheckpointState {
  if (lease === null || lease.requested === null || state.status !== 'running') {
    return recover(state, { lease, now });
  }
  return applyRequest(state, { request: lease.requested, message: lease.request_message, now });
}

function outcomeOf({ status }: CheckpointState): Expiry['outcome'] {
  if (status === 'failed') return 'failed';
  return status === 'cancelled' ? 'cancelled' : 'recovered';
}
