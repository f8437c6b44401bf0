import { type CallOptions, type KeyedCallOptions } from './call.ts';
import type { Grant, HeartbeatAnswer, HeldLease, Renewal } from './grant.ts';
import type {
  JobState,
  NewJob,
  NextSheet,
  OneOfUpdates,
  RequestAnswer,
  SweepAnswer,
  UpdateAnswer,
  WhyAnswer,
} from './job.ts';
import type { SheetUpdate } from './sheet-update.ts';

/** A job, with the lease token if the caller holds it. A `HeldLease` is a `JobTarget`. */
export interface JobTarget {
  readonly jobId: string;
  readonly token?: string;
  readonly epoch?: number;
}

/** One of several updates of sheets. */
export interface HeldUpdate {
  readonly held: HeldLease;
  readonly sheet: number;
  readonly update: SheetUpdate;
}

export interface ClaimRequest {
  /** The name of the caller, 1 to 200 characters, for operators. It proves nothing. */
  readonly holder: string;
  /** How long the lease lasts without a renewal, in seconds: 1 to 3600, 60 by default. */
  readonly ttlSeconds?: number | undefined;
}

/** A claim of waiting jobs. */
export interface JobClaim extends ClaimRequest {
  /** Only jobs of this name; of any name if it is left out. */
  readonly jobName?: string | undefined;
  /**
   * How long the service may wait for a job, in seconds: 0 to 30, 0 by default. It answers as soon as a job can be
   * claimed. The timeout of each try is longer by this time. An abort of `signal` ends the wait with a
   * `NoAnswerError`; a service that notices it takes the jobs back. A service on Workers does not wait.
   */
  readonly waitSeconds?: number | undefined;
  /**
   * Whether the grant starts the next sheet in the same save. `started` of the grant names it, or is null if no sheet is
   * left. The sheet counts as run from then on, even if the grant is never used.
   */
  readonly startNext?: boolean | undefined;
}

/** A claim of up to `max` jobs, 1 to 100. */
export interface BatchClaim extends JobClaim {
  readonly max: number;
}

/** Leases waiting jobs to the caller, those first that have waited for longest. */
export interface Claim {
  /** Up to `max` jobs; an empty list if no job waits. It may be fewer than wait, if their states are large. */
  (request: BatchClaim, options?: KeyedCallOptions): Promise<readonly Grant[]>;
  /** One job; null if no job waits. */
  (
    request: JobClaim & { readonly max?: undefined },
    options?: KeyedCallOptions,
  ): Promise<Grant | null>;
}

export interface Heartbeat {
  /** Any JSON of up to 256 bytes. If it is left out, the last progress stays. */
  readonly progress?: unknown;
  /** The sheet that the progress is of. If it is left out, it is the sheet that runs. An older service refuses it. */
  readonly sheet?: number | undefined;
  /** The new length of the lease in seconds. If it is left out, the length stays. */
  readonly ttlSeconds?: number | undefined;
}

/**
 * The typed calls of the API. Bodies have the names of the API. A call rejects with a `DalsegnoError` for an error
 * answer, and with a `NoAnswerError` if no answer arrives.
 *
 * The client tries a call again if the service refused it for overload (429), or did not answer it: no answer in
 * time, a server error, or an answer that is not from the service, such as a page of a proxy. A call that is done
 * twice has the effect of one: create, claim and acquire send an idempotency key, and an update of a sheet has a
 * lease or an attempt. If a later try fails because the lease is over or the job exists, the client reads the job,
 * because its own first try may have succeeded.
 *
 * An update with neither lease nor attempt could count twice, so it is not tried again after a missing answer.
 */
export interface Client {
  /** Creates a job. Error `job_exists` if a job with this id differs from the given one. */
  create(job: NewJob, options?: KeyedCallOptions): Promise<JobState>;
  /** Reads the state of a job. Error `job_not_found`. */
  load(jobId: string, options?: CallOptions): Promise<JobState>;
  /** The next sheet of a job; 1 for an unknown job. */
  nextSheet(jobId: string, options?: CallOptions): Promise<NextSheet>;
  /**
   * Updates the status of a sheet. Sends only the end of a long `stdout` or `stderr`, which is more than the service
   * stores. A completion may start another sheet in the same save: `started` of the answer names it. Errors:
   * `lease_held` without a token on a leased job, `lease_lost` if the lease of the token is over.
   */
  update(
    target: JobTarget & { readonly sheet: number },
    update: SheetUpdate,
    options?: CallOptions,
  ): Promise<UpdateAnswer>;
  /**
   * Updates up to 100 sheets of several held jobs in one request. Returns an answer for each, in order; those of one job
   * take effect in order. An update that fails in the store is answered alone, with `store_unavailable`, and is not
   * tried again by itself: call `update` for it. Outputs are cut as in `update`. Error `body_too_large` for all together.
   */
  updates(updates: readonly HeldUpdate[], options?: CallOptions): Promise<readonly OneOfUpdates[]>;
  /** Leases the job to the caller. Errors: `job_not_found`, `lease_held`, `job_finished`. */
  acquire(jobId: string, request: ClaimRequest, options?: KeyedCallOptions): Promise<Grant>;
  /** Leases the next waiting job to the caller, or several if the request has `max`. */
  readonly claim: Claim;
  /** Renews the lease, and returns the request of an operator, if any. Error `lease_lost`. */
  renew(held: HeldLease, heartbeat?: Heartbeat, options?: CallOptions): Promise<Renewal>;
  /** Renews up to 100 leases in one request. Returns an answer for each, in order. */
  renewAll(
    beats: readonly ({ readonly held: HeldLease } & Heartbeat)[],
    options?: CallOptions,
  ): Promise<readonly HeartbeatAnswer[]>;
  /** Ends the lease. The job can be claimed at once, unless an operator asked for something else. Error `lease_lost`. */
  release(held: HeldLease, options?: CallOptions): Promise<void>;
  /**
   * Pauses the job. With the lease token it takes effect at once and ends the lease. Without it the request waits for
   * the next heartbeat of the holder, or takes effect at once if the job is not leased. Error `job_finished`.
   */
  pause(target: JobTarget, options?: CallOptions): Promise<RequestAnswer>;
  /** Makes a stopped job claimable, or withdraws a request that waits for the holder. Error `job_finished`. */
  resume(target: JobTarget, options?: CallOptions): Promise<RequestAnswer>;
  /** Cancels the job, like `pause`. */
  cancel(target: JobTarget, options?: CallOptions): Promise<RequestAnswer>;
  /** Fails the job, like `pause`. `errorMessage` has at most 500 characters. */
  fail(
    target: JobTarget & { readonly errorMessage?: string },
    options?: CallOptions,
  ): Promise<RequestAnswer>;
  /** Explains the situation of a job. Error `job_not_found`. */
  why(jobId: string, options?: CallOptions): Promise<WhyAnswer>;
  /** Runs one sweep now: recovers the jobs of expired leases. */
  sweep(options?: CallOptions): Promise<SweepAnswer>;
}
