import * as z from 'zod';

/** The status of a job. */
export const JobStatus = z.enum([
  'pending',
  'running',
  'completed',
  'failed',
  'paused',
  'cancelled',
]);
export type JobStatus = z.infer<typeof JobStatus>;

export const SheetStatus = z.enum(['pending', 'in_progress', 'completed', 'failed', 'skipped']);
export type SheetStatus = z.infer<typeof SheetStatus>;

const Progress = z.tuple([z.number(), z.number()]);

/** The checkpoint state of a job, with the names of its file. It has more members than the ones listed here. */
export const JobState = z.looseObject({
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
  /** Present once the job has been leased. Another program may have written anything here. */
  dalsegno: z.looseObject({ epoch: z.number(), lease: z.unknown() }).optional().catch(undefined),
});
export type JobState = z.infer<typeof JobState>;

/** A job to create: these members, and any others of a state. */
export interface NewJob {
  readonly job_id: string;
  readonly job_name: string;
  readonly total_sheets: number;
  readonly [member: string]: unknown;
}

/** The next sheet of a job; `next_sheet` is null if no sheet is left. */
export const NextSheet = z.looseObject({
  next_sheet: z.number().nullable(),
  exists: z.boolean(),
  /** The sheet's `attempt_count`. */
  attempt: z.number().nullable().optional(),
});
export type NextSheet = z.infer<typeof NextSheet>;

/** A sheet that was started with another change, and the attempt that began. */
export const StartedSheet = z.looseObject({ sheet: z.number(), attempt: z.number() });

/** The answer to an update. `status` is that of the job. `progress` has the completed sheets and all sheets. */
export const UpdateAnswer = z.looseObject({
  job_id: z.string(),
  status: JobStatus,
  sheet: z.number(),
  next_sheet: z.number().nullable(),
  progress: Progress,
  /** The sheet's `attempt_count`. */
  attempt: z.number().optional(),
  /** True if the update named an attempt that is over: it changed nothing. */
  stale_attempt: z.boolean().optional(),
  /**
   * The sheet that the completion started, with the attempt that began; null if it started none. Only in the answer to
   * an update that also starts a sheet.
   */
  started: StartedSheet.nullable().optional(),
});
export type UpdateAnswer = z.infer<typeof UpdateAnswer>;

/** The answers to several updates, in order. */
export const UpdatesAnswer = z.looseObject({
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
export type UpdatesAnswer = z.infer<typeof UpdatesAnswer>;

/** The answer to one of several updates. `status`, `code` and `detail` of a refusal are those of a `Problem`. */
export type OneOfUpdates =
  | ({ readonly ok: true } & UpdateAnswer)
  | {
      readonly ok: false;
      readonly status: number;
      readonly code: string;
      readonly detail: string;
    };

/** The answer to a request. `requested` still waits for the holder; null if the request has taken effect. */
export const RequestAnswer = z.looseObject({
  job_id: z.string(),
  status: JobStatus,
  requested: z.string().nullable(),
});
export type RequestAnswer = z.infer<typeof RequestAnswer>;

/** Why a job is in its situation, in sentences. */
export const WhyAnswer = z.looseObject({
  job_id: z.string(),
  /** Null for a state that cannot be read. */
  status: JobStatus.nullable(),
  standing: z.string(),
  holder: z.string().nullable(),
  epoch: z.number(),
  summary: z.string(),
  evidence: z.array(z.string()),
});
export type WhyAnswer = z.infer<typeof WhyAnswer>;

/** The result of one sweep, in numbers of leases. */
export const SweepAnswer = z.looseObject({
  examined: z.number(),
  recovered: z.number(),
  failed: z.number(),
  skipped: z.number(),
  errors: z.number(),
  /** Where the next sweep continues; null if this one reached the end. */
  cursor: z.string().nullable(),
});
export type SweepAnswer = z.infer<typeof SweepAnswer>;
