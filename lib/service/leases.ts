import type { Clock } from '../base/clock.ts';
import type { Timestamp } from '../base/timestamp.ts';
import type { Doctor } from '../doctor/doctor.ts';
import { fail, ok, type Result } from '../failure.ts';
import { type JobTarget, targetOf } from '../keys/job-id.ts';
import type { Lease, LeaseRequest } from '../lease/lease.ts';
import type { Beat } from '../lease/rules.ts';
import type { PresentedToken } from '../lease/token.ts';
import type { ClaimAsk, Claims } from '../protocol/claim.ts';
import type { Controlled, ControlOptions, JobControl } from '../protocol/control.ts';
import type { LeaseGranting } from '../protocol/grant.ts';
import type { Grant } from '../protocol/granted.ts';
import type { LeaseRelease } from '../protocol/release.ts';
import type { LeaseRenewal } from '../protocol/renew.ts';
import type { ObjectStore, Version } from '../store.ts';
import type { Why, WhyReader } from '../why/why.ts';
import type { KeyedGrants, LeaseCall } from './keyed-grants.ts';

/**
 * The operations on leases, by job id. All but `control` of a job that nobody holds need
 * compare-and-swap: failure `leases_unsupported`. Each rejects with a `StoreError` where the medium
 * fails, and may then be asked again.
 */
export interface Leases {
  /** Failures: `lease_held`, `job_finished`, those of a load. */
  acquire(jobId: string, call: LeaseCall): Promise<Result<Grant>>;
  /** Null when no job waits. */
  claim(call: LeaseCall & Pick<ClaimAsk, 'jobName' | 'jobPrefix'>): Promise<Result<Grant | null>>;
  /** `jobId` is whose lease it must be, null for any. Failure: `lease_lost`. */
  renew(token: PresentedToken, jobId: string | null, beat: Beat): Promise<Result<Lease>>;
  /** The version of the job that is handed back. Failure: `lease_lost`. */
  release(jobId: string, token: PresentedToken): Promise<Result<Version>>;
  /** Failures: `job_finished`, `lease_lost`, those of a load. */
  request(
    jobId: string,
    request: LeaseRequest,
    options: ControlOptions,
  ): Promise<Result<Controlled>>;
  resume(jobId: string): Promise<Result<Controlled>>;
  why(jobId: string): Promise<Result<Why>>;
  /** Whether the store can have leases; the failure where it cannot. */
  supported(): Result<null>;
  /** The time by which leases end. */
  now(): Timestamp;
}

export function createLeases(parts: {
  store: ObjectStore;
  clock: Clock;
  doctor: Doctor;
  keyed: KeyedGrants;
  granting: LeaseGranting;
  claims: Claims;
  renewal: LeaseRenewal;
  release: LeaseRelease;
  control: JobControl;
  why: WhyReader;
}): Leases {
  const { store } = parts;

  function supported(): Result<null> {
    if (parts.doctor.allowsLeases()) return ok(null);
    return fail({ code: 'leases_unsupported', store: store.traits.name });
  }

  async function leased<T>(task: () => Promise<Result<T>>): Promise<Result<T>> {
    const answer = supported();
    return answer.ok ? task() : answer;
  }

  async function of<T>(
    jobId: string,
    task: (target: JobTarget) => Promise<Result<T>>,
  ): Promise<Result<T>> {
    const target = targetOf(jobId, '{id}');
    return target.ok ? task(target.value) : target;
  }

  return {
    supported,
    now: () => parts.clock.now(),
    acquire: (jobId, call) =>
      leased(() =>
        of(jobId, target =>
          parts.keyed.run(call, ['acquire', jobId, call.holder, call.ttlSeconds], ask =>
            parts.granting.acquire(target, ask),
          ),
        ),
      ),
    claim: ({ jobName, jobPrefix, ...call }) =>
      leased(() =>
        parts.keyed.run(call, ['claim', call.holder, call.ttlSeconds, jobName], ask =>
          parts.claims.claim({ ...ask, jobName, jobPrefix }),
        ),
      ),
    renew: (token, jobId, beat) => leased(() => parts.renewal.renew(token, jobId, beat)),
    release: (jobId, token) =>
      leased(() => of(jobId, target => parts.release.release(target, token))),
    request: (jobId, request, options) =>
      of(jobId, target => parts.control.request(target, request, options)),
    resume: jobId => of(jobId, target => parts.control.resume(target)),
    why: jobId => of(jobId, target => parts.why.why(target)),
  };
}
