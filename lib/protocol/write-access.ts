import type { Clock } from '../base/clock.ts';
import type { Timestamp } from '../base/timestamp.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { fail, type Result } from '../failure.ts';
import { type JobTarget, safeName } from '../keys/job-id.ts';
import { type Access, accessOf } from '../lease/caller.ts';
import { jobLeaseOf } from '../lease/job-lease.ts';
import type { Lease } from '../lease/lease.ts';
import type { PresentedToken } from '../lease/token.ts';
import type { ExpiredLeases } from '../storage/false-alarms.ts';
import { type Current, type JobChange, keeping } from '../storage/job-writer.ts';
import { type JobPrecondition, present } from '../storage/precondition.ts';
import type { StoredJob } from '../storage/stored-job.ts';
import type { ProtocolContext } from './context.ts';
import { heldBy } from './holding.ts';
import type { StatusRule } from './status-rule.ts';

/** What a writer may be: the holder, or anybody where nobody holds the job. */
export type WriterAccess = Extract<Access, { kind: 'free' | 'holder' }>;

/** What a caller may say of himself and of the job he changes. */
export interface WriteOptions {
  readonly precondition: JobPrecondition;
  /** The holder's. */
  readonly token: PresentedToken | null;
  /** What a caller that is not the holder may make of the job's status; anything where there is no rule. */
  readonly allowStatus?: StatusRule;
}

export interface WriteAccess {
  /**
   * Changes a job for a caller who may write it. While a lease lives its holder alone may; a dead
   * holder's lease is expired first. Where the change ends the caller's lease, he removes the lease object
   * afterwards. Failures: `lease_held`, `lease_lost`, those of `decide`.
   */
  change(
    target: JobTarget,
    token: PresentedToken | null,
    decide: (current: Current, access: WriterAccess, now: Timestamp) => Result<JobChange>,
  ): Promise<Result<StoredJob>>;
  /**
   * Marks the holder's lease as over, before he gives the job out of his hands: from then on nothing is
   * asked of him. The lease with what was asked; null where the token is not the holder's, which the
   * change that follows will say. Failures: those of a load.
   */
  end(target: JobTarget, token: PresentedToken): Promise<Result<Lease | null>>;
}

/** A lease that was expired may be followed by another one before the change is tried again. */
const MAX_ATTEMPTS = 20;

export function createWriteAccess(
  { store, reader, writer, leaseStore, living, clock }: ProtocolContext,
  lost: LostLeases,
): WriteAccess {
  async function change(
    { key, jobId }: JobTarget,
    token: PresentedToken | null,
    decide: (current: Current, access: WriterAccess, now: Timestamp) => Result<JobChange>,
  ): Promise<Result<StoredJob>> {
    if (token !== null && token.safeName !== safeName(jobId)) return otherJob(jobId);
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      let access: Access = { kind: 'free' };
      const changed = await writer.change(key, (current, now) => {
        access = currentAccess(jobId, current, token);
        if (access.kind === 'free' || access.kind === 'holder') return decide(current, access, now);
        if (current?.kind === 'job') return keeping(current);
        return fail({ code: 'job_not_found', jobId });
      });
      const blocked = access as Access;
      if (blocked.kind === 'lost' && token !== null) {
        const reason = lostReason(changed.ok ? changed.value.state : null);
        return lost.failure(token, { jobId, reason });
      }
      if (!changed.ok) return changed;
      if (blocked.kind !== 'held') return changed;
      const looked = await living.look({ key, jobId });
      if (!looked.ok) return looked;
      const { holding } = looked.value;
      if (holding.kind === 'live') return heldBy(holding, clock);
    }
    return fail({ code: 'store_unavailable', retryAfterSeconds: 1 });
  }

  return {
    change,

    async end({ key, jobId }, token) {
      if (token.safeName !== safeName(jobId)) return otherJob(jobId);
      const job = present(jobId, await reader.read(key), place => store.locate(place));
      // Of a job that is gone no lease is left: that is what the caller is to hear.
      if (!job.ok && job.failure.code !== 'job_not_found') return job;
      return leaseStore.end(token);
    },
  };
}

function currentAccess(jobId: string, current: Current, token: PresentedToken | null): Access {
  // The job of another id under the same name is for `decide` to refuse.
  if (current?.kind === 'job' && current.state.job_id !== jobId) return { kind: 'free' };
  if (current?.kind === 'job') return accessOf(current.state, token);
  // Nobody can be told from a state that cannot be read: what may be done with it is for `decide` to say.
  if (current?.kind === 'corrupt') return { kind: 'free' };
  return token === null ? { kind: 'free' } : { kind: 'lost' };
}

function lostReason(state: CheckpointState | null): string {
  if (state === null) return 'The job is gone';
  const { lease, epoch } = jobLeaseOf(state);
  if (lease === null) return 'The lease is over, and nobody holds the job now';
  return `The job is leased to ${JSON.stringify(lease.holder)} since ${lease.acquired_at}, epoch ${epoch}`;
}

export interface LostLeases {
  /**
   * What a caller hears whose token opens nothing any more, with how late he is where that is known.
   * `lease` is the lease object, where it is still there.
   */
  failure(
    token: PresentedToken,
    about: { jobId: string | null; reason: string; lease?: Lease },
  ): Promise<Result<never>>;
}

export const OTHER_JOB = 'The token is of the lease of another job';

/** What a token of another job hears: nothing is looked up for it. */
export function otherJob(jobId: string): Result<never> {
  return fail({ code: 'lease_lost', jobId, reason: OTHER_JOB, lateSeconds: null });
}

export function createLostLeases({
  expiredLeases,
  clock,
}: {
  expiredLeases: ExpiredLeases;
  clock: Clock;
}): LostLeases {
  return {
    async failure(token, { jobId, reason, lease }) {
      const lateSeconds = await expiredLeases.returned(token, lease ?? null, clock.now());
      return fail({ code: 'lease_lost', jobId, reason, lateSeconds });
    },
  };
}
