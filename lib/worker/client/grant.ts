import { type Infer } from '../shape/shape.ts';
import { array, object, union } from '../shape/structures.ts';
import {
  literal,
  nullable,
  number,
  optional,
  positive,
  refined,
  string,
  unknown,
} from '../shape/values.ts';
import type { Deadline } from './deadline.ts';
import { JobState, StartedSheet } from './job.ts';

/** A request of an operator to the holder of a job. */
export const LeaseRequest = literal('pause', 'cancel', 'fail');
export type LeaseRequest = Infer<typeof LeaseRequest>;

export const Instant = refined(string, {
  expected: 'a time',
  isMet: text => !Number.isNaN(Date.parse(text)),
});

/** The right of one holder to run a job. All times are ISO 8601 texts of the service's clock. */
export const Lease = object({
  job_id: string,
  lease_id: string,
  /** Grows by one with every grant of the job. */
  epoch: number,
  holder: string,
  ttl_seconds: number,
  acquired_at: Instant,
  renewed_at: Instant,
  expires_at: Instant,
  renewals: number,
  progress: unknown,
  requested: nullable(LeaseRequest),
});
export type Lease = Infer<typeof Lease>;

/** The times are of the service's clock. `renew_after_ms` counts from the answer. */
const Validity = {
  server_time: Instant,
  expires_at: Instant,
  renew_after_ms: positive,
};

/** The last progress that a holder reported of a sheet, when its lease ended. */
export const LastProgress = object({
  sheet: number,
  /** The attempt at the sheet, when the lease ended. */
  attempt: number,
  progress: unknown,
  /** When it was reported. */
  at: Instant,
});
export type LastProgress = Infer<typeof LastProgress>;

export const GrantAnswer = object({
  lease: Lease,
  token: string,
  next_sheet: nullable(number),
  state: JobState,
  /** The sheet that the claim has started, with its attempt; null for none. Only if the claim asked for a start. */
  started: optional(nullable(StartedSheet)),
  /** The last progress of a sheet that an earlier holder did not complete. */
  last_progress: optional(nullable(LastProgress)),
  /** How long the service waited before it granted the lease, in milliseconds. */
  waited_ms: optional(refined(number, { expected: 'a number from 0', isMet: value => value >= 0 })),
  ...Validity,
});

export type GrantAnswer = Infer<typeof GrantAnswer>;

/** The answer to a claim of several jobs. */
export const GrantsAnswer = object({ grants: array(GrantAnswer) });
export type GrantsAnswer = Infer<typeof GrantsAnswer>;

export const RenewalAnswer = object({
  lease: Lease,
  requested: nullable(LeaseRequest),
  ...Validity,
});

/** The answers to several heartbeats, in their order. */
export const Beats = array(
  union(
    'ok',
    object({ ...RenewalAnswer.members, ok: literal(true), server_time: optional(Instant) }),
    object({ ok: literal(false), code: string, detail: string }),
  ),
);
export type Beats = Infer<typeof Beats>;

export const HeartbeatsAnswer = object({ beats: Beats, server_time: Instant });
export type HeartbeatsAnswer = Infer<typeof HeartbeatsAnswer>;

/** A lease that the caller holds: every call under the lease needs it. `token` is the lease token, a secret. */
export interface HeldLease {
  readonly jobId: string;
  readonly epoch: number;
  readonly token: string;
}

/** A granted lease with its job. Until `deadline`, on this machine's clocks, the lease certainly runs. */
export type Grant = GrantAnswer & {
  readonly held: HeldLease;
  readonly deadline: Deadline;
};

/** A renewed lease. `requested` is the request of an operator, or null. `deadline` is as in a `Grant`. */
export type Renewal = Infer<typeof RenewalAnswer> & { readonly deadline: Deadline };

/** The answer to one of several heartbeats. `code` and `detail` are those of a `Problem`. */
export type HeartbeatAnswer =
  | ({ readonly ok: true } & Renewal)
  | { readonly ok: false; readonly code: string; readonly detail: string };
