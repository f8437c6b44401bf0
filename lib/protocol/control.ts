import type { Timestamp } from '../base/timestamp.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import type { JobStatus } from '../checkpoint/status.ts';
import { fail, ok, type Result } from '../failure.ts';
import type { JobTarget } from '../keys/job-id.ts';
import { recordChange } from '../lease/history.ts';
import { namedLeaseOf, withoutLease } from '../lease/job-lease.ts';
import { type Lease, type LeaseRequest, leaseKey } from '../lease/lease.ts';
import { type Requested, strongerRequest, withoutRequest, withRequest } from '../lease/rules.ts';
import type { PresentedToken } from '../lease/token.ts';
import { isFinished, reopen } from '../lease/transfer.ts';
import { requireJob } from '../storage/precondition.ts';
import type { StoredJob } from '../storage/stored-job.ts';
import type { ProtocolContext } from './context.ts';
import type { JobGuard } from './job-guard.ts';
import { applyAndRecord } from './pending-request.ts';
import {
  type Decide,
  type DecisionInput,
  expireFirst,
  type JobDecision,
  keep,
  save,
} from './transact.ts';

/** The outcome of a request. `pending`: the holder gets the request with the answer to its next heartbeat. */
export type ControlOutcome =
  | { readonly kind: 'done'; readonly job: StoredJob }
  | { readonly kind: 'pending'; readonly job: StoredJob; readonly lease: Lease };

/** The operator that makes a request, and its condition. */
export interface Operator {
  /** The name of its access token, for the history of the job. Left out or null if there are no tokens. */
  readonly by?: string | null;
  /** What the job must be like; left out for any job. */
  readonly guard?: JobGuard;
}

export interface ControlOptions extends Operator {
  readonly message: string | null;
  /** The holder's lease token, if the holder itself sends the request; null for an operator. */
  readonly token: PresentedToken | null;
  /** Carries out the request at once, even if the job is leased. */
  readonly force: boolean;
}

/** The requests of operators and holders. Failures: `job_finished`, `lease_lost` for a token, those of a load. */
export interface JobControl {
  request(
    target: JobTarget,
    request: LeaseRequest,
    options: ControlOptions,
  ): Promise<Result<ControlOutcome>>;
  /** Makes a stopped job claimable and resets its recoveries. If the job is leased, withdraws the pending request. */
  resume(target: JobTarget, operator?: Operator): Promise<Result<ControlOutcome>>;
}

/** The outcome, or what is left to do with the lease: send the holder a request, or end the lease. */
type Step =
  | ControlOutcome
  | {
      readonly kind: 'ask-holder';
      readonly job: StoredJob;
      readonly lease: Lease;
      readonly change: (lease: Lease) => Lease;
      readonly outcome: (lease: Lease) => ControlOutcome;
    }
  | { readonly kind: 'overrule'; readonly lease: Lease };

type Change = (state: CheckpointState, now: Timestamp) => Result<JobDecision<ControlOutcome>>;

export function createJobControl({
  store,
  leaseStore,
  retry,
  transact,
  endLease,
}: Pick<ProtocolContext, 'store' | 'leaseStore' | 'retry' | 'transact' | 'endLease'>): JobControl {
  const locate = (key: string) => store.locate(key);

  /** Decides on a job whose lease, if it has one, is running. */
  function decideOn(
    { jobId }: JobTarget,
    { guard }: Operator,
    decide: (job: StoredJob, input: DecisionInput) => Result<JobDecision<Step>>,
  ): Decide<Step> {
    return input => {
      const job = requireJob(jobId, input.current, locate);
      if (!job.ok) return job;
      const met = guard?.(job.value, input) ?? ok(null);
      if (!met.ok) return met;
      if (input.caller.kind === 'held' && input.holding.kind === 'unknown') return expireFirst();
      return decide(job.value, input);
    };
  }

  /** Carries out the decision. Decides again if the job or its lease has been replaced in between. */
  function carryOut(target: JobTarget, decide: Decide<Step>, change: Change) {
    return retry<ControlOutcome>(async () => {
      const decided = await transact(target, { token: null }, decide);
      if (!decided.ok) return decided;
      const step = decided.value;
      switch (step.kind) {
        case 'done':
        case 'pending':
          return ok(step);
        case 'ask-holder': {
          const { job_id: jobId, lease_id: leaseId } = step.lease;
          const lease = await leaseStore.amend(leaseKey(jobId, leaseId), step.change);
          if (!lease.ok) return lease;
          return lease.value === null ? 'again' : ok(step.outcome(lease.value));
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
  ): Promise<Result<ControlOutcome> | 'again'> {
    const ended = await endLease<ControlOutcome | null>(
      target,
      { kind: 'operator', leaseId },
      ({ current, now }) => {
        const job = requireJob(target.jobId, current, locate);
        if (!job.ok) return job;
        // Without this lease the job has changed since the decision, and the request may not apply any more.
        const isHeld = namedLeaseOf(job.value.state)?.id === leaseId;
        return isHeld ? change(job.value.state, now) : keep(null);
      },
    );
    if (!ended.ok) return ended;
    return ended.value === null ? 'again' : ok(ended.value);
  }

  /** The holder's own request. A stronger pending request of an operator is carried out in its place. */
  function byHolder(
    target: JobTarget,
    request: LeaseRequest,
    { message, token }: { readonly message: string | null; readonly token: PresentedToken },
  ): Promise<Result<ControlOutcome>> {
    return endLease(target, { kind: 'holder', token }, ({ current, now }, lease) => {
      const strongest = strongerRequest(lease?.requested ?? null, request);
      const operator = lease?.requested === strongest ? lease : null;
      const job = requireJob(target.jobId, current, locate);
      if (!job.ok) return job;
      const { state } = job.value;
      const holder = namedLeaseOf(state)?.holder ?? null;
      return applying({
        request: strongest,
        message: message ?? operator?.request_message ?? null,
        by: strongest === request ? holder : (operator?.requested_by ?? null),
      })(state, now);
    });
  }

  return {
    request(target, request, options) {
      const { message, token, force, by = null } = options;
      if (token !== null) return byHolder(target, request, { message, token });
      const requested = { request, message, by };
      const change = applying(requested);
      const decide = decideOn(target, options, (job, { holding, now }) => {
        if (job.state.status === statusAfter(request) && isFinished(job.state.status))
          return keep({ kind: 'done', job });
        const refused = refusalOf(job.state, request);
        if (refused !== null) return refused;
        if (holding.kind !== 'live') return change(job.state, now);
        const { lease } = holding;
        // An ended lease cannot pass a request to its holder.
        if (force || lease.expired) return keep({ kind: 'overrule', lease });
        return keep({
          kind: 'ask-holder',
          job,
          lease,
          change: open => withRequest(open, requested),
          outcome: asked => ({ kind: 'pending', job, lease: asked }),
        });
      });
      return carryOut(target, decide, change);
    },

    resume(target, operator = {}) {
      const { by = null } = operator;
      const change: Change = (state, now) => {
        const reopened = reopen(withoutLease(state));
        return save(recordChange(state, reopened, { event: 'resumed', by, now }), done, 'announce');
      };
      const decide = decideOn(target, operator, (job, { holding, now }) => {
        const { status } = job.state;
        if (status === 'completed' || status === 'cancelled') return finished(job.state);
        if (holding.kind !== 'live') return change(job.state, now);
        const { lease } = holding;
        if (lease.expired) return keep({ kind: 'overrule', lease });
        if (lease.requested === null) return keep({ kind: 'done', job });
        return keep({
          kind: 'ask-holder',
          job,
          lease,
          change: withoutRequest,
          outcome: () => ({ kind: 'done', job }),
        });
      });
      return carryOut(target, decide, change);
    },
  };
}

function done(job: StoredJob): ControlOutcome {
  return { kind: 'done', job };
}

function applying(requested: Requested): Change {
  return (state, now) =>
    refusalOf(state, requested.request) ??
    save(applyAndRecord(state, requested, { now }), done, 'withhold');
}

function refusalOf(state: CheckpointState, request: LeaseRequest): Result<never> | null {
  const { status } = state;
  // A failed job may still be cancelled.
  const final = status === 'completed' || status === 'cancelled';
  return final || (status === 'failed' && request !== 'cancel') ? finished(state) : null;
}

export function finished({ job_id: jobId, status }: CheckpointState): Result<never> {
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
