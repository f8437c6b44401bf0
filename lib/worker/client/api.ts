import { type CallOptions, type KeyedCallOptions } from './call.ts';
import type { BeatAnswer, Grant, Held, Renewal } from './grant.ts';
import type {
  JobState,
  NewJob,
  NextSheet,
  RequestAnswer,
  SweepAnswer,
  UpdateAnswer,
  WhyAnswer,
} from './job.ts';
import type { SheetUpdate } from './sheet-update.ts';

/** A job, and the proof that it is the caller's where it is. A `Held` is one. */
export interface Target {
  readonly jobId: string;
  readonly token?: string;
  readonly epoch?: number;
}

export interface ClaimRequest {
  /** Who asks, 1 to 200 characters: for those who look at the job, not a proof of anything. */
  readonly holder: string;
  /** How long the lease lasts without a renewal, 5 to 3600; 60 by default. */
  readonly ttlSeconds?: number | undefined;
}

export interface Beat {
  /** Any JSON of up to 256 bytes; left out, the last one stays. */
  readonly progress?: unknown;
  readonly ttlSeconds?: number | undefined;
}

/**
 * The calls of the API, typed. Bodies keep the API's own names. An answer that is no success throws a
 * `DalsegnoError`, a call without an answer a `NoAnswerError`.
 *
 * Calls that were turned away (429) are tried again. So are those that the service did not answer: no
 * answer in time, a server error, or anything that is none of its own answers, such as a page of a proxy.
 * To do them twice is to do them once: create, claim and acquire are known again by a key, and updates of
 * sheets by their lease or their attempt. Where a later try is told that the lease is over, or that the
 * job exists, the client reads the job before it believes so: its own first try may have done it.
 *
 * An update with neither lease nor attempt would count twice: it throws where it is not answered.
 */
export interface Client {
  /** Throws `job_exists` for a job that differs from the one asked for. */
  create(job: NewJob, options?: KeyedCallOptions): Promise<JobState>;
  load(jobId: string, options?: CallOptions): Promise<JobState>;
  nextSheet(jobId: string, options?: CallOptions): Promise<NextSheet>;
  /** Of `stdout` and `stderr` the end is sent: more than the service looks at. */
  update(
    target: Target & { readonly sheet: number },
    update: SheetUpdate,
    options?: CallOptions,
  ): Promise<UpdateAnswer>;
  /** Throws `lease_held` and `job_finished`. */
  acquire(jobId: string, request: ClaimRequest, options?: KeyedCallOptions): Promise<Grant>;
  /** The next job that waits, leased to the caller; null where none does. */
  claim(
    request: ClaimRequest & { readonly jobName?: string | undefined },
    options?: KeyedCallOptions,
  ): Promise<Grant | null>;
  renew(held: Held, beat?: Beat, options?: CallOptions): Promise<Renewal>;
  /** Up to 100 renewals in one request; an answer for each, in order. */
  renewAll(
    beats: readonly ({ readonly held: Held } & Beat)[],
    options?: CallOptions,
  ): Promise<readonly BeatAnswer[]>;
  /** The job is free at once, to be claimed by anyone. */
  release(held: Held, options?: CallOptions): Promise<void>;
  /** Of these, the holder's own take effect at once and end the lease; anyone else's wait for the holder. */
  pause(target: Target, options?: CallOptions): Promise<RequestAnswer>;
  resume(target: Target, options?: CallOptions): Promise<RequestAnswer>;
  cancel(target: Target, options?: CallOptions): Promise<RequestAnswer>;
  fail(
    target: Target & { readonly errorMessage?: string },
    options?: CallOptions,
  ): Promise<RequestAnswer>;
  why(jobId: string, options?: CallOptions): Promise<WhyAnswer>;
  sweep(options?: CallOptions): Promise<SweepAnswer>;
}
