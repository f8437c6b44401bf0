import * as z from 'zod';
import { CheckpointState } from '../../../lib/checkpoint/checkpoint.ts';
import { KeptProgress, StartedSheet, UpdateAnswer } from './jobs.ts';
import { Epoch, Instant, JobId, pacing, Requested, SheetNumber, Status } from './values.ts';

export const Lease = z
  .object({
    job_id: JobId,
    lease_id: z.string(),
    epoch: Epoch,
    holder: z.string(),
    ttl_seconds: z.int().min(1),
    acquired_at: Instant,
    renewed_at: Instant,
    expires_at: Instant,
    renewals: z.int().min(0),
    progress: z.unknown().meta({ description: 'The last progress that the holder sent' }),
    requested: Requested,
    late_renewals: z.int().min(1).exactOptional().meta({
      description: 'How often the lease was renewed after its expiry, before anybody took the job',
    }),
    worst_late_seconds: z.number().min(0).exactOptional(),
    request_message: z.string().exactOptional().meta({
      description: 'The message of the operator with the request',
    }),
  })
  .meta({ description: 'The right of one holder to run a job until `expires_at`' });

const grant = {
  lease: Lease,
  token: z.string().meta({ description: 'The lease token. It is shown only here' }),
  next_sheet: SheetNumber.nullable(),
  ...pacing,
  waited_ms: z.int().min(1).exactOptional().meta({
    description: 'The lease begins so many milliseconds after the request was sent',
  }),
  last_progress: KeptProgress.exactOptional(),
  started: StartedSheet.nullable().exactOptional().meta({
    description: 'With `start_next`: the sheet that was started, null if none was',
  }),
  state: CheckpointState.exactOptional().meta({
    description: 'Left out with `Prefer: return=minimal`',
  }),
};

export const Grant = z.object(grant).meta({ description: 'A lease with its token' });

export const BatchGrant = z
  .object({ ...grant, etag: z.string().meta({ description: 'The `ETag` of the job' }) })
  .meta({ description: 'One of several leases, each with its token' });

export const Grants = z
  .object({ grants: z.array(BatchGrant) })
  .meta({ description: 'The answer to a claim with a `max` above 1' });

export const ClaimAnswer = z.union([Grant, Grants]);

export const HeartbeatAnswer = z.object({ lease: Lease, requested: Requested, ...pacing });

/** What a failure has beside its code, in an answer to one of several. */
export const ItemFailure = z
  .object({
    ok: z.literal(false),
    status: z.int().min(400),
    code: z.string(),
    detail: z.string(),
    job_id: JobId.exactOptional(),
    job_status: Status.exactOptional(),
    holder: z.string().exactOptional(),
    epoch: Epoch.exactOptional(),
    expires_at: Instant.exactOptional(),
    server_time: Instant.exactOptional(),
    late_seconds: z.number().exactOptional(),
    other_job_id: z.string().exactOptional(),
    path: z.string().exactOptional(),
    error_type: z.string().exactOptional(),
    errors_omitted: z.int().exactOptional(),
    sheets: z.int().exactOptional(),
    limit_sheets: z.int().exactOptional(),
    bytes: z.int().exactOptional(),
    limit_bytes: z.int().exactOptional(),
  })
  .meta({
    description: 'One of several was refused. The members are those of the problem of that code',
  });

export const RenewedLease = z.object({
  ok: z.literal(true),
  lease: Lease,
  requested: Requested,
  expires_at: pacing.expires_at,
  renew_after_ms: pacing.renew_after_ms,
});

export const LeaseAnswer = z.discriminatedUnion('ok', [RenewedLease, ItemFailure]);

export const HeartbeatAnswers = z.object({
  beats: z.array(LeaseAnswer).meta({ description: 'One answer for each heartbeat, in order' }),
  server_time: Instant,
});

export const AcceptedUpdate = z.object({
  ok: z.literal(true),
  version: z.string().meta({ description: 'The text between the quotes of the `ETag` of the job' }),
  ...UpdateAnswer.shape,
});

export const UpdateAnswers = z.object({
  updates: z
    .array(z.discriminatedUnion('ok', [AcceptedUpdate, ItemFailure]))
    .meta({ description: 'One answer for each update, in order' }),
});

export const ControlDone = z
  .object({ job_id: JobId, status: Status, requested: z.null() })
  .meta({ description: 'It is done' });

export const ControlRequested = z
  .object({ job_id: JobId, status: Status, requested: Requested, lease: Lease, ...pacing })
  .meta({ description: 'The holder gets the request with the answer to its next heartbeat' });
