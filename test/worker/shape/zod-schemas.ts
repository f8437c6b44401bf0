import * as z from 'zod';

/** What the job library accepts, as schemas of zod. */

const Instant = z.string().refine(text => !Number.isNaN(Date.parse(text)));
const JobStatus = z.enum(['pending', 'running', 'completed', 'failed', 'paused', 'cancelled']);
const SheetStatus = z.enum(['pending', 'in_progress', 'completed', 'failed', 'skipped']);
const LeaseRequest = z.enum(['pause', 'cancel', 'fail']);

const JobState = z.looseObject({
  job_id: z.string(),
  job_name: z.string(),
  status: JobStatus,
  total_sheets: z.number(),
  last_completed_sheet: z.number(),
  error_message: z.string().nullable(),
  sheets: z.record(
    z.string(),
    z.looseObject({
      sheet_num: z.number(),
      status: SheetStatus,
      attempt_count: z.number(),
      stdout_tail: z.string().nullable(),
      stderr_tail: z.string().nullable(),
    }),
  ),
  dalsegno: z.looseObject({ epoch: z.number(), lease: z.unknown() }).optional().catch(undefined),
});

const StartedSheet = z.looseObject({ sheet: z.number(), attempt: z.number() });

const UpdateAnswer = z.looseObject({
  job_id: z.string(),
  status: JobStatus,
  sheet: z.number(),
  next_sheet: z.number().nullable(),
  progress: z.tuple([z.number(), z.number()]),
  attempt: z.number().optional(),
  stale_attempt: z.boolean().optional(),
  started: StartedSheet.nullable().optional(),
});

const UpdatesAnswer = z.looseObject({
  updates: z.array(
    z.discriminatedUnion('ok', [
      UpdateAnswer.extend({ ok: z.literal(true) }),
      z.looseObject({
        ok: z.literal(false),
        status: z.number(),
        code: z.string(),
        detail: z.string(),
      }),
    ]),
  ),
});

const WhyAnswer = z.looseObject({
  job_id: z.string(),
  status: JobStatus.nullable(),
  standing: z.string(),
  holder: z.string().nullable(),
  epoch: z.number(),
  summary: z.string(),
  evidence: z.array(z.string()),
});

const Lease = z.looseObject({
  job_id: z.string(),
  lease_id: z.string(),
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

const Validity = {
  server_time: Instant,
  expires_at: Instant,
  renew_after_ms: z.number().positive(),
};

const GrantAnswer = z.looseObject({
  lease: Lease,
  token: z.string(),
  next_sheet: z.number().nullable(),
  state: JobState,
  started: StartedSheet.nullable().optional(),
  last_progress: z
    .looseObject({ sheet: z.number(), attempt: z.number(), progress: z.unknown(), at: Instant })
    .nullable()
    .optional(),
  waited_ms: z.number().nonnegative().optional(),
  ...Validity,
});

const RenewalAnswer = z.looseObject({
  lease: Lease,
  requested: LeaseRequest.nullable(),
  ...Validity,
});

const HeartbeatsAnswer = z.looseObject({
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

const Problem = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.number(),
    code: z.string(),
    detail: z.string(),
    request_id: z.string().optional(),
  })
  .refine(({ type, code }) => type === `urn:dalsegno:problem:${code}`);

const SheetResult = z.strictObject({
  stdout: z.string().nullable().optional(),
  stderr: z.string().nullable().optional(),
  validation_passed: z.boolean().optional(),
  validation_details: z.array(z.unknown()).nullable().optional(),
  execution_duration_seconds: z.number().nullable().optional(),
});

const FailedSheet = z.looseObject({
  max_retries: z.int().min(1).catch(3),
  error_history: z
    .array(z.looseObject({ timestamp: z.string(), error_type: z.string() }))
    .catch([]),
});

export const zodSchemas = {
  FailedSheet,
  GrantAnswer,
  HeartbeatsAnswer,
  JobState,
  Problem,
  SheetResult,
  UpdatesAnswer,
  WhyAnswer,
} as const;
