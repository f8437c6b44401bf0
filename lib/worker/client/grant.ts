import * as z from 'zod';
import type { Deadline } from './deadline.ts';
import { JobState, StartedSheet } from './job.ts';

/** A request of an operator to the holder of a job. */
export const LeaseRequest = z.enum(['pause', 'cancel', 'fail']);
export type LeaseRequest = z.infer<typeof LeaseRequest>;

export const Instant = z.string().refine(text => !Number.isNaN(Date.parse(text)), 'Not a time');

/** The right of one holder to run a job. All times are ISO 8601 texts of the service's clock. */
export const Lease = z.looseObject({
  job_id: z.string(),
  lease_id: z.string(),
  /** Grows by one with every grant of the job. */
  epoch: z.number(),
  holder: z.string(),
  ttl_seconds: z.number(),
  acquired_at: Instant,
  renewed_at: Instant,
  expires_at: Instant,
  renewals: z.number(),
  progress: z.unknown(),
  requested: LeaseRequest.nullable(),
});
export type Lease = z.infer<typeof Lease>;

/** The times are of the service's clock. `renew_after_ms` counts from the answer. */
const Validity = {
  server_time: Instant,
  expires_at: Instant,
  renew_after_ms: z.number().positive(),
};

/** The last progress that a holder reported of a sheet, when its lease ended. */
export const LastProgress = z.looseObject({
  sheet: z.number(),
  /** The attempt at the sheet, when the lease ended. */
  attempt: z.number(),
  progress: z.unknown(),
  /** When it was reported. */
  at: Instant,
});
export type LastProgress = z.infer<typeof LastProgress>;

export const GrantAnswer = z.looseObject({
  lease: Lease,
  token: z.string(),
  next_sheet: z.number().nullable(),
  state: JobState,
  /** The sheet that the claim has started, with its attempt; null for none. Only if the claim asked for a start. */
  started: StartedSheet.nullable().optional(),
  /** The last progress of a sheet that an earlier holder did not complete. */
  last_progress: LastProgress.nullable().optional(),
  /** How long the service waited before it granted the lease, in milliseconds. */
  waited_ms: z.number().nonnegative().optional(),
  ...Validity,
});

export type GrantAnswer = z.infer<typeof GrantAnswer>;

/** The answer to a claim of several jobs. */
export const GrantsAnswer = z.looseObject({ grants: z.array(GrantAnswer) });
export type GrantsAnswer = z.infer<typeof GrantsAnswer>;

export const RenewalAnswer = z.looseObject({
  lease: Lease,
  requested: LeaseRequest.nullable(),
  ...Validity,
});

export const HeartbeatsAnswer = z.looseObject({
  beats: z.array(
    z.discriminatedUnion('ok', [
      RenewalAnswer.omit({ server_time: true }).extend({
        ok: z.literal(true),
        server_time: Instant.optional(),
      }),
      z.looseObject({ ok: z.literal(false), code: z.string(), detail: z.string() }),
    ]),
  ),
  server_time: Instant,
});
export type HeartbeatsAnswer = z.infer<typeof HeartbeatsAnswer>;

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
export type Renewal = z.infer<typeof RenewalAnswer> & { readonly deadline: Deadline };

/** The answer to one of several heartbeats. `code` and `detail` are those of a `Problem`. */
export type HeartbeatAnswer =
  | ({ readonly ok: true } & Renewal)
  | { readonly ok: false; readonly code: string; readonly detail: string };
