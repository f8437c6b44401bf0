import * as z from 'zod';
import { JobStatus } from '../../../lib/checkpoint/status.ts';
import { MAX_JOB_ID_CHARACTERS } from '../../../lib/keys/job-id.ts';
import { LeaseRequest } from '../../../lib/lease/lease.ts';
import { STANDINGS } from '../../../lib/lease/standing.ts';
import { Time } from '../../../lib/schema/timestamp.ts';

/** Values that several answers have. */

export const Instant = Time;

export const JobId = z
  .string()
  .min(1)
  .max(MAX_JOB_ID_CHARACTERS)
  .meta({ description: 'The id of the job' });

export const Status = JobStatus;

/** What a job does now. */
export const Standing = z.enum(STANDINGS).meta({
  description:
    '`held`: leased, and the holder renews in time. `stalled`: two heartbeats in a row did not arrive. `ending`: the lease has ended, and the job is about to be freed. `zombie`: running under an expired lease. `unleased`: running without a lease. `waiting`: a claim may take it. `resting`: it waits for `resume` or for an acquire by its id. `finished`: completed, failed or cancelled',
});

export const Requested = LeaseRequest.nullable().meta({
  description: 'What an operator requests of the holder; null for nothing',
});

export const Epoch = z.int().min(0).meta({
  description: 'The fencing number of the job: it grows by one with every grant, and never falls',
});

export const Holder = z.string().nullable().meta({
  description: 'The holder of the lease that the job names; null if the job is not leased',
});

/** A list of two: many tools know no tuples. */
export const Progress = z.array(z.int().min(0)).length(2).meta({
  description: 'The number of completed sheets, and of all sheets',
});

export const SheetNumber = z.int().min(1);

/** When an answer was made, and when its lease must be renewed. */
export const pacing = {
  server_time: Instant,
  expires_at: Instant,
  renew_after_ms: z.int().min(0).meta({
    description: 'Renew the lease so many milliseconds after the request was sent',
  }),
};
