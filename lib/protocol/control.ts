import type { Timestamp } from '../base/timestamp.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import type { JobStatus } from '../checkpoint/status.ts';
import { fail, ok, type Result } from '../failure.ts';
import type { JobTarget } from '../keys/job-id.ts';
import { namedLeaseOf, withoutLease } from '../lease/job-lease.ts';
import { type Lease, type LeaseRequest, leaseKey } from '../lease/lease.ts';
import { strongerRequest, withoutRequest, withRequest } from '../lease/rules.ts';
import type { PresentedToken } from '../lease/token.ts';
import { applyRequest, isFinished, reopen } from '../lease/transfer.ts';
import { present } from '../storage/precondition.ts';
import type { StoredJob } from '../storage/stored-job.ts';
import type { ProtocolContext } from './context.ts';
import { type Decide, type Decided, expireFirst, keep, type Seen, save } from './transact.ts';
import { byWriter } from './write-access.ts';

/** What became of a request: done, or waiting for the holder, which learns of it with its next heartbeat. */
export type Controlled =
  | { readonly kind: 'done'; readonly job: StoredJob }
  | { readonly kind: 'pending'; readonly job: StoredJob; readonly lease: Lease };

export interface ControlOptions {
  readonly message: string | null;
  /** The holder's: the request is its own. */
  readonly token: PresentedToken | null;
  /** Carried out at once, whatever lease the job has. */
  readonly force: boolean;
}

/** What an operator may ask. Failures: `job_finished`, `lease_lost` for a token, those of a load. */
export interface JobControl {
  request(
    target: JobTarget,
    request: LeaseRequest,
    options: ControlOptions,
  ): Promise<Result<Controlled>>;
  /** Makes a stopped job claimable, its recoveries at zero. Of a held job, takes back what was asked of the holder. */
  resume(target: JobTarget): Promise<Result<Controlled>>;
}

/** What is done about a job, and what is left to do with the lease of its holder. */
type Step =
  | Controlled
  | {
      readonly kind: 'tell';
      readonly job: StoredJob;
      readonly lease: Lease;
      readonly asked: (lease: Lease) => Lease;
      readonly told: (lease: Lease) => Controlled;
    }
  | { readonly kind: 'overrule'; readonly lease: Lease };

type Change = (state: CheckpointState, now: Timestamp) => Result<Decided<Controlled>>;

export function createJobControl({
  store,
  leaseStore,
  retry,
  transact,
  endLease,
}: Pick<ProtocolContext, 'store' | 'leaseStore' | 'retry' | 'transact' | 'endLease'>): JobControl {
  const locate = (key: string) => store.locate(key);

  /** Decides on a job that nobody holds, or whose holder lives. */
  function decideOn(
    { jobId }: JobTarget,
    decide: (job: StoredJob, seen: Seen) => Result<Decided<Step>>,
  ): Decide<Step> {
    return seen => {
      const job = present(jobId, seen.current, locate);
      if (!job.ok) return job;
      if (seen.caller.kind === 'held' && seen.holding.kind === 'unknown') return expireFirst();
      return decide(job.value, seen);
    };
  }

  /** Carries out what was decided; where the lease or the job is another one by then, it is decided again. */
  function carryOut(target: JobTarget, decide: Decide<Step>, change: Change) {
    return retry<Controlled>(async () => {
      const decided = await transact(target, { token: null }, decide);
      if (!decided.ok) return decided;
      const step = decided.value;
      switch (step.kind) {
        case 'done':
        case 'pending':
          return ok(step);
        case 'tell': {
          const { job_id: jobId, lease_id: leaseId } = step.lease;
          const lease = await leaseStore.amend(leaseKey(jobId, leaseId), step.asked);
          if (!lease.ok) return lease;
          return lease.value === null ? 'again' : ok(step.told(lease.value));
        }
        case 'overrule':
          return overrule(target, step.lease, change);
        default:
          return step satisfies never;
      }
    });
  }

  async function overrule(
    target: JobTarget,
    { lease_id: leaseId }: Lease,
    change: Change,
  ): Promise<Result<Controlled> | 'again'> {
    const ended = await endLease<Controlled | null>(
      target,
      { kind: 'operator', leaseId },
      ({ current, now }) => {
        const job = present(target.jobId, current, locate);
        if (!job.ok) return job;
        const named = namedLeaseOf(job.value.state);
        return named !== null && named.id !== leaseId ? keep(null) : change(job.value.state, now);
      },
    );
    if (!ended.ok) return ended;
    return ended.value === null ? 'again' : ok(ended.value);
  }

  /** A holder that does not know yet that more is asked of it does that. */
  function byHolder(
    target: JobTarget,
    request: LeaseRequest,
    { message, token }: { readonly message: string | null; readonly token: PresentedToken },
  ): Promise<Result<Controlled>> {
    return endLease(target, { kind: 'holder', token }, (seen, lease) => {
      const asked = strongerRequest(lease?.requested ?? null, request);
      const theirs = lease?.requested === asked ? lease.request_message : null;
      const decide = byWriter(target.jobId, ({ current, now }) => {
        const job = present(target.jobId, current, locate);
        return job.ok ? changing(asked, message ?? theirs)(job.value.state, now) : job;
      });
      return decide(seen);
    });
  }

  return {
    request(target, request, { message, token, force }) {
      if (token !== null) return byHolder(target, request, { message, token });
      const change = changing(request, message);
      const decide = decideOn(target, (job, { holding, now }) => {
        if (job.state.status === statusAfter(request) && isFinished(job.state.status))
          return keep({ kind: 'done', job });
        const refused = refusalOf(job.state, request);
        if (refused !== null) return refused;
        if (holding.kind !== 'live') return change(job.state, now);
        const { lease } = holding;
        // A lease that is over already tells its holder nothing any more.
        if (force || lease.expired) return keep({ kind: 'overrule', lease });
        return keep({
          kind: 'tell',
          job,
          lease,
          asked: open => withRequest(open, request, message),
          told: asked => ({ kind: 'pending', job, lease: asked }),
        });
      });
      return carryOut(target, decide, change);
    },

    resume(target) {
      const change: Change = state => save(reopen(withoutLease(state)), done, 'announce');
      const decide = decideOn(target, (job, { holding, now }) => {
        const { status } = job.state;
        if (status === 'completed' || status === 'cancelled') return finished(job.state);
        if (holding.kind !== 'live') return change(job.state, now);
        const { lease } = holding;
        if (lease.expired) return keep({ kind: 'overrule', lease });
        if (lease.requested === null) return keep({ kind: 'done', job });
        return keep({
          kind: 'tell',
          job,
          lease,
          asked: withoutRequest,
          told: () => ({ kind: 'done', job }),
        });
      });
      return carryOut(target, decide, change);
    },
  };
}

function done(job: StoredJob): Controlled {
  return { kind: 'done', job };
}

function changing(request: LeaseRequest, message: string | null): Change {
  return (state, now) =>
    refusalOf(state, request) ??
    save(applyRequest(state, { request, message, now }), done, 'withhold');
}

function refusalOf(state: CheckpointState, request: LeaseRequest): Result<never> | null {
  const { status } = state;
  // A job that failed may still be given up for good.
  const final = status === 'completed' || status === 'cancelled';
  return final || (status === 'failed' && request !== 'cancel') ? finished(state) : null;
}

function finished({ job_id: jobId, status }: CheckpointState): Result<never> {
  return fail({ code: 'job_finished', jobId, status });
}

function statusAfter(request: LeaseRequest): JobStatus {
  switch (request) {
    case 'pause':
      return 'paused';
    case 'cancel':
      return 'cancelled';
    case 'fail':
      return 'failed';
    default:
      return request satisfies never;
  }
}
