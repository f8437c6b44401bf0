import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import type { Result } from '../failure.ts';
import type { Access } from '../lease/caller.ts';
import { jobLeaseOf } from '../lease/job-lease.ts';
import type { PresentedToken } from '../lease/token.ts';
import type { Current } from '../storage/job-writer.ts';
import type { JobPrecondition } from '../storage/precondition.ts';
import { heldBy } from './holding.ts';
import { leaseLost } from './lost-lease.ts';
import type { StatusRule } from './status-rule.ts';
import { type Decide, type Decided, expireFirst, type Seen } from './transact.ts';

/** Who may write a job: its holder, or anyone while nobody holds it. */
export type Writer = Extract<Access, { kind: 'free' | 'holder' }>;

/** What a caller may say of itself and of the job that it changes. */
export interface WriteOptions {
  readonly precondition: JobPrecondition;
  /** The holder's. */
  readonly token: PresentedToken | null;
  /** What a caller that is not the holder may make of the job's status; anything where there is no rule. */
  readonly allowStatus?: StatusRule;
}

/**
 * A decision for callers who may write the job. While a lease lives its holder alone may; a dead holder's
 * lease is expired first. Failures: `lease_held`, `lease_lost`, those of `decide`.
 */
export function byWriter<T>(
  jobId: string,
  decide: (seen: Seen, writer: Writer) => Result<Decided<T>>,
): Decide<T> {
  return seen => {
    const { caller, current, holding, now } = seen;
    switch (caller.kind) {
      case 'free':
      case 'holder':
        return decide(seen, caller);
      case 'held':
        return holding.kind === 'live' ? heldBy(holding, now) : expireFirst();
      case 'lost':
        return leaseLost(jobId, lostReason(current));
      default:
        return caller satisfies never;
    }
  };
}

function lostReason(current: Current): string {
  return current?.kind === 'job' ? reasonIn(current.state) : 'The job is gone';
}

function reasonIn(state: CheckpointState): string {
  const { lease, epoch } = jobLeaseOf(state);
  if (lease === null) return 'The lease is over, and nobody holds the job now';
  return `The job is leased to ${JSON.stringify(lease.holder)} since ${lease.acquired_at}, epoch ${epoch}`;
}
