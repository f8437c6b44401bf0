import * as z from 'zod';
import type { Deadline } from './deadline.ts';
import { JobState } from './job.ts';

/** What an operator asks of the holder of a job. */
export const LeaseRequest = z.enum(['pause', 'cancel', 'fail']);
export type LeaseRequest = z.infer<typeof LeaseRequest>;

const Instant = z.string().refine(text => !Number.isNaN(Date.parse(text)), 'Not a time');

/** The right of one holder to run a job, as the service shows it. */
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

/** All times of the service; `renew_after_ms` counts from the answer. */
const Validity = {
  server_time: Instant,
  expires_at: Instant,
  renew_after_ms: z.number().positive(),
};

export const GrantAnswer = z.looseObject({
  lease: Lease,
  token: z.string(),
  next_sheet: z.number().nullable(),
  state: JobState,
  ...Validity,
});

export const RenewalAnswer = z.looseObject({
  lease: Lease,
  requested: LeaseRequest.nullable(),
  ...Validity,
});

export const BeatsAnswer = z.looseObject({
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
export type BeatsAnswer = z.infer<typeof BeatsAnswer>;

/** A job in the caller's hands: what every call under the lease needs. */
export interface Held {
  readonly jobId: string;
  readonly epoch: number;
  readonly token: string;
}

/** A lease as it was granted. `deadline` is by this machine's clocks: count on the lease up to there. */
export type Grant = z.infer<typeof GrantAnswer> & {
  readonly held: Held;
  readonly deadline: Deadline;
};

export type Renewal = z.infer<typeof RenewalAnswer> & { readonly deadline: Deadline };

/** What became of one beat among several. */
export type BeatAnswer =
  | ({ readonly ok: true } & Renewal)
  | { readonly ok: false; readonly code: string; readonly detail: string };
