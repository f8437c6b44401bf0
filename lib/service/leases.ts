import type { Clock } from '../base/clock.ts';
import type { Timestamp } from '../base/timestamp.ts';
import type { Claimed, ClaimOptions, Claims } from '../claims/claim.ts';
import type { Doctor } from '../doctor/doctor.ts';
import { fail, ok, type Result } from '../failure.ts';
import type { JobTarget } from '../keys/job-id.ts';
import type { Lease, LeaseRequest } from '../lease/lease.ts';
import type { Beat } from '../lease/rules.ts';
import type { PresentedToken } from '../lease/token.ts';
import type { CompletionOptions, JobCompletion } from '../protocol/complete.ts';
import type { ControlOptions, ControlOutcome, JobControl, Operator } from '../protocol/control.ts';
import type { LeaseGranting } from '../protocol/grant.ts';
import type { Grant } from '../protocol/granted.ts';
import type { LeaseRelease } from '../protocol/release.ts';
import type { LeaseRenewal, RenewalCall } from '../protocol/renew.ts';
import type { ObjectStore, StoreError, Version } from '../store.ts';
import type { Why, WhyReader } from '../why/why.ts';
import type { KeyedGrants, LeaseCall } from './keyed-grants.ts';

/**
 * The operations on leases. All but `request`, `resume` and `why` need a store with compare-and-swap: failure
 * `leases_unsupported`. Each rejects with a `StoreError` where the store fails, and may then be called again.
 */
export interface Leases {
  /** Failures: `lease_held`, `job_finished`, those of a load. */
  acquire(target: JobTarget, call: LeaseCall): Promise<Result<Grant>>;
  /** One job; null where none waits. */
  claim(
    call: LeaseCall & Pick<ClaimOptions, 'jobName' | 'jobPrefix'>,
  ): Promise<Result<Grant | null>>;
  /** Up to `max` jobs; no grants where none waits. */
  claimSeveral(call: SeveralCall): Promise<Result<Claimed>>;
  /** Reads in advance what the first claim needs. */
  warm(): Promise<void>;
  /** Answers all claims that wait. Later ones do not wait. */
  endWaits(): void;
  /** `target` is the job whose lease it must be, null for any. Failure: `lease_lost`. */
  renew(token: PresentedToken, target: JobTarget | null, beat: Beat): Promise<Result<Lease>>;
  /**
   * Renews any leases, at one time. Each has an outcome of its own, also where the store fails. Failure of all:
   * `leases_unsupported`.
   */
  renewAll(calls: readonly RenewalCall[]): Promise<Result<readonly (Result<Lease> | StoreError)[]>>;
  /** Gives the version of the released job. Failure: `lease_lost`. */
  release(target: JobTarget, token: PresentedToken): Promise<Result<Version>>;
  /** Failures: `job_finished`, `lease_lost`, those of a load. */
  request(
    target: JobTarget,
    request: LeaseRequest,
    options: ControlOptions,
  ): Promise<Result<ControlOutcome>>;
  resume(target: JobTarget, operator?: Operator): Promise<Result<ControlOutcome>>;
  /** Failures: `job_finished`, `lease_held`, `lease_lost`, `state_too_large`, those of a load. */
  complete(target: JobTarget, options: CompletionOptions): Promise<Result<ControlOutcome>>;
  why(target: JobTarget): Promise<Result<Why>>;
  /** Failure: `leases_unsupported` where the store has no compare-and-swap that works. */
  supported(): Result<null>;
  /** The clock by which leases expire. */
  now(): Timestamp;
}

/** A call for several leases, which may wait for a job. */
export type SeveralCall = LeaseCall &
  Pick<ClaimOptions, 'jobName' | 'jobPrefix' | 'max' | 'stateBytes' | 'wait'>;

const NO_WAIT: ClaimOptions['wait'] = { ms: 0, gone: null, begin: () => () => {} };

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
  completion: JobCompletion;
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

  function claimSeveral({ key, ...call }: SeveralCall): Promise<Result<Claimed>> {
    return leased(() => {
      const { holder, ttlSeconds, startsNext = false, jobName, max, isGone } = call;
      // A repeated call may wait for another time.
      const others = [...(max === 1 ? [] : [max]), ...(startsNext ? ['start'] : [])];
      const content = ['claim', holder, ttlSeconds, jobName, ...others];
      return parts.keyed.run({ key, isGone }, { content, max }, ask =>
        parts.claims.claim({ ...call, ...ask }),
      );
    });
  }

  return {
    supported,
    now: () => parts.clock.now(),
    acquire: async (target, { key, ...call }) =>
      leased(async () => {
        const { holder, ttlSeconds, isGone } = call;
        const content = ['acquire', target.jobId, holder, ttlSeconds];
        const granted = await parts.keyed.run(
          { key, isGone },
          { content, max: 1 },
          async ({ requests }) => {
            const grant = await parts.granting.acquire(target, {
              ...call,
              request: requests?.[0] ?? null,
            });
            return grant.ok ? ok({ grants: [grant.value], grant: grant.value }) : grant;
          },
        );
        return granted.ok ? ok(granted.value.grant) : granted;
      }),
    async claim(call) {
      const claimed = await claimSeveral({ ...call, max: 1, stateBytes: null, wait: NO_WAIT });
      return claimed.ok ? ok(claimed.value.grants[0] ?? null) : claimed;
    },
    claimSeveral,
    warm: () => parts.claims.warm(),
    endWaits: () => parts.claims.endWaits(),
    renew: (token, target, beat) =>
      leased(() => parts.renewal.renew(token, target?.jobId ?? null, beat)),
    renewAll: calls => leased(async () => ok(await parts.renewal.renewAll(calls))),
    release: (target, token) => leased(() => parts.release.release(target, token)),
    request: (target, request, options) => parts.control.request(target, request, options),
    resume: (target, operator) => parts.control.resume(target, operator),
    async complete(target, options) {
      const completed = await parts.completion.complete(target, options);
      return completed.ok ? ok({ kind: 'done', job: completed.value }) : completed;
    },
    why: target => parts.why.why(target),
  };
}
