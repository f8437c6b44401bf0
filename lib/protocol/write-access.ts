import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import type { Result } from '../failure.ts';
import type { Access } from '../lease/caller.ts';
import { jobLeaseOf } from '../lease/job-lease.ts';
import type { PresentedToken } from '../lease/token.ts';
import type { Current } from '../storage/job-writer.ts';
import type { JobPrecondition } from '../storage/precondition.ts';
import { leaseHeld } from './holding.ts';
import { leaseLost } from './lost-lease.ts';
import type { StatusRule } from './status-rule.ts';
import { type Decide, type DecisionInput, expireFirst, type JobDecision } from './transact.ts';

/** A caller that may write a job: its holder, or any caller while the job is not leased. */
export type Writer = Extract<Access, { kind: 'free' | 'holder' }>;

/** The conditions that a write comes with. */
export interface WriteOptions {
  readonly precondition: JobPrecondition;
  /** The lease token of the caller; null if it sent none. */
  readonly token: PresentedToken | null;
  /** Which changes of the job's status a caller without a lease may make; all if it is left out. */
  readonly allowStatus?: StatusRule;
  /** The name of the caller's access token, for the history of a job that it does not hold; null if there are no tokens. */
  readonly by?: string | null;
}

/** Who makes a change, for the history of the job. */
export function authorOf(writer: Writer, { by = null }: Pick<WriteOptions, 'by'>): string | null {
  return writer.kind === 'holder' ? writer.named.holder : by;
}

/**
 * Runs `decide` only for a caller that may write the job. While a lease runs only its holder may write; an
 * expired lease is ended first. `jobId` is null where only the token names the job. Failures: `lease_held`, `lease_lost`, those of `decide`.
 */
export function withWriteAccess<T>(
  jobId: string | null,
  decide: (input: DecisionInput, writer: Writer) => Result<JobDecision<T>>,
): Decide<T> {
  return input => {
    const { caller, current, holding, now } = input;
    switch (caller.kind) {
      case 'free':
      case 'holder':
        return decide(input, caller);
      case 'held':
        return holding.kind === 'live' ? leaseHeld(holding, now) : expireFirst();
      case 'lost':
        return leaseLost(jobId, lostReason(current));
      default:
        return caller satisfies never;
    }
  };
}

function lostReason(current: Current): string {
  return current?.kind === 'job' ? reasonFrom(current.state) : 'The job is gone';
}

function reasonFrom(state: CheckpointState): string {
  const { lease, epoch } = jobLeaseOf(state);
  if (lease === null) return 'The lease is over, and the job is not leased now';
  return `The job is leased to ${JSON.stringify(lease.holder)} since ${lease.acquired_at}, epoch ${epoch}`;
}
