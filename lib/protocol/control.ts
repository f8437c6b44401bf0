import type { Timestamp } from '../base/timestamp.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import type { JobStatus } from '../checkpoint/status.ts';
import { fail, ok, type Result } from '../failure.ts';
import type { JobTarget } from '../keys/job-id.ts';
import { namedLeaseOf, withoutLease } from '../lease/job-lease.ts';
import { type Lease, type LeaseRequest, leaseKey } from '../lease/lease.ts';
import { ended, weightier, withoutRequest, withRequest } from '../lease/rules.ts';
import type { PresentedToken } from '../lease/token.ts';
import { applyRequest, isFinished, reopen } from '../lease/transfer.ts';
import { keeping, saving } from '../storage/job-writer.ts';
import { present } from '../storage/precondition.ts';
import type { StoredJob } from '../storage/stored-job.ts';
import type { ProtocolContext } from './context.ts';
import type { LivingJob } from './expire-on-read.ts';
import type { WriteAccess } from './write-access.ts';

/** What became of a request: done, or waiting for the holder, who hears of it with his next heartbeat. */
export type Controlled =
  | { readonly kind: 'done'; readonly job: StoredJob }
  | { readonly kind: 'pending'; readonly job: StoredJob; readonly lease: Lease };

export interface ControlOptions {
  readonly message: string | null;
  /** The holder's: the request is his own. */
  readonly token: PresentedToken | null;
  /** At once, whoever holds the job. */
  readonly force: boolean;
}

/** What an operator may ask. Failures: `job_finished`, `lease_lost` for a token, those of a load. */
export interface JobControl {
  request(
    target: JobTarget,
    request: LeaseRequest,
    options: ControlOptions,
  ): Promise<Result<Controlled>>;
  /**
   * Makes a stopped job claimable, its recoveries counted anew. Where somebody holds it, what was asked
   * of him is taken back.
   */
  resume(target: JobTarget): Promise<Result<Controlled>>;
}

const MAX_ATTEMPTS = 20;

export function createJobControl(parts: ProtocolContext, access: WriteAccess): JobControl {
  const { store, clock, writer, leaseStore, living } = parts;
  const locate = (key: string) => store.locate(key);

  /** Looks at the job, lets `act` do what is to be done, and looks again where that was overtaken. */
  async function settled(
    target: JobTarget,
    act: (living: LivingJob) => Promise<Result<Controlled> | 'overtaken'>,
  ): Promise<Result<Controlled>> {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const looked = await living.look(target);
      if (!looked.ok) return looked;
      const acted = await act(looked.value);
      if (acted !== 'overtaken') return acted;
    }
    return fail({ code: 'store_unavailable', retryAfterSeconds: 1 });
  }

  /** Changes the job if it still names this lease, or none. */
  async function changeNow(
    { key, jobId }: JobTarget,
    leaseId: string | null,
    next: (state: CheckpointState, now: Timestamp) => ReturnType<typeof saving>,
  ): Promise<Result<Controlled> | 'overtaken'> {
    let overtaken = false;
    const changed = await writer.change(key, (current, now) => {
      const job = present(jobId, current, locate);
      if (!job.ok) return job;
      const named = namedLeaseOf(job.value.state);
      overtaken = named !== null && named.id !== leaseId;
      return overtaken ? keeping(job.value) : next(job.value.state, now);
    });
    if (overtaken) return 'overtaken';
    return changed.ok ? ok({ kind: 'done', job: changed.value }) : changed;
  }

  /** Tells the holder, if he still lives. */
  async function tell(
    { lease }: { readonly lease: Lease },
    asked: (lease: Lease) => Lease,
  ): Promise<Result<Lease> | 'overtaken'> {
    const told = await leaseStore.amend(leaseKey(lease.job_id, lease.lease_id), asked);
    if (!told.ok) return told;
    return told.value === null ? 'overtaken' : ok(told.value);
  }

  /*
   * 1. the lease is ended, so that it is not renewed, 2. the job changed, 3. the lease object
   * removed
   *
   * The change of the job is the point of no return, as in a release.
   */
  async function overrule(
    target: JobTarget,
    { lease_id: leaseId }: Lease,
    next: (state: CheckpointState, now: Timestamp) => ReturnType<typeof saving>,
  ): Promise<Result<Controlled> | 'overtaken'> {
    const key = leaseKey(target.jobId, leaseId);
    const over = await leaseStore.change(key, current =>
      ok(current?.kind === 'lease' ? ended(current.lease, clock.now()) : null),
    );
    if (!over.ok) return over;
    const done = await changeNow(target, leaseId, next);
    if (done !== 'overtaken' && done.ok) await leaseStore.removeQuietly(key);
    return done;
  }

  /*
   * 1. the lease is ended, 2. the job changed, 3. the lease object removed
   *
   * The change of the job is the point of no return, as in a release. A holder that has not heard yet
   * that more is asked of it does that.
   */
  async function byHolder(
    target: JobTarget,
    request: LeaseRequest,
    { message, token }: { readonly message: string | null; readonly token: PresentedToken },
  ): Promise<Result<Controlled>> {
    const over = await access.end(target, token);
    if (!over.ok) return over;
    const lease = over.value;
    const asked = weightier(lease?.requested ?? null, request);
    const theirs = lease?.requested === asked ? lease.request_message : null;
    const apply = applying(asked, message ?? theirs);
    const changed = await access.change(target, token, (current, _access, now) => {
      const job = present(target.jobId, current, locate);
      return job.ok ? apply(job.value.state, now) : job;
    });
    if (!changed.ok) return changed;
    await leaseStore.removeQuietly(token.leaseKey);
    return ok({ kind: 'done', job: changed.value });
  }

  return {
    request(target, request, { message, token, force }) {
      if (token !== null) return byHolder(target, request, { message, token });
      const apply = applying(request, message);
      return settled(target, async ({ job, holding }) => {
        if (job.state.status === statusAfter(request) && isFinished(job.state.status)) {
          return ok({ kind: 'done', job });
        }
        const refused = refusalOf(job.state, request);
        if (refused !== null) return refused;
        if (holding.kind === 'nobody') return changeNow(target, null, apply);
        // A lease that is over already tells its holder nothing any more.
        if (!force && !holding.lease.expired) {
          const told = await tell(holding, lease => withRequest(lease, request, message));
          if (told === 'overtaken' || !told.ok) return told;
          return ok({ kind: 'pending', job, lease: told.value });
        }
        return overrule(target, holding.lease, apply);
      });
    },

    resume: target =>
      settled(target, async ({ job, holding }) => {
        const { status } = job.state;
        if (status === 'completed' || status === 'cancelled') return finished(job.state);
        if (holding.kind === 'nobody') {
          return changeNow(target, null, state => saving(reopen(state), 'announce'));
        }
        if (holding.lease.expired) {
          const anew = (state: CheckpointState) => saving(reopen(withoutLease(state)), 'announce');
          return overrule(target, holding.lease, anew);
        }
        if (holding.lease.requested === null) return ok({ kind: 'done', job });
        const told = await tell(holding, withoutRequest);
        return told === 'overtaken' || !told.ok ? told : ok({ kind: 'done', job });
      }),
  };
}

function applying(
  request: LeaseRequest,
  message: string | null,
): (state: CheckpointState, now: Timestamp) => ReturnType<typeof saving> {
  return (state, now) =>
    refusalOf(state, request) ?? saving(applyRequest(state, { request, message, now }), 'withhold');
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
