import * as z from 'zod';

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

/** The checkpoint state of a job, in the names of its file; the members that are not here are there too. */
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
  /** There once the job has been leased; other programs may have left anything there. */
  dalsegno: z.looseObject({ epoch: z.number(), lease: z.unknown() }).optional().catch(undefined),
});
export type JobState = z.infer<typeof JobState>;

/** What a job is made of: at least these, and any other member of a state. */
export interface NewJob {
  readonly job_id: string;
  readonly job_name: string;
  readonly total_sheets: number;
  readonly [member: string]: unknown;
}

export const NextSheet = z.looseObject({
  next_sheet: z.number().nullable(),
  exists: z.boolean(),
  /** The sheet's `attempt_count`. */
  attempt: z.number().nullable().optional(),
});
export type NextSheet = z.infer<typeof NextSheet>;

/** What became of an update; `status` is that of the job, `progress` is sheets completed of all. */
export const UpdateAnswer = z.looseObject({
  job_id: z.string(),
  status: JobStatus,
  sheet: z.number(),
  next_sheet: z.number().nullable(),
  progress: Progress,
  /** The sheet's `attempt_count`. */
  attempt: z.number().optional(),
  /** True where the update named an attempt that is over: it changed nothing. */
  stale_attempt: z.boolean().optional(),
});
export type UpdateAnswer = z.infer<typeof UpdateAnswer>;

/** What became of a request; `requested` is what the holder has yet to hear of. */
export const RequestAnswer = z.looseObject({
  job_id: z.string(),
  status: JobStatus,
  requested: z.string().nullable(),
});
export type RequestAnswer = z.infer<typeof RequestAnswer>;

/** Why a job stands where it stands, in words. */
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

/** What one pass over the leases found, in numbers of leases. */
export const SweepAnswer = z.looseObject({
  examined: z.number(),
  recovered: z.number(),
  failed: z.number(),
  skipped: z.number(),
  errors: z.number(),
  /** Where the next pass goes on; null at the end. */
  cursor: z.string().nullable(),
});
export type SweepAnswer = z.infer<typeof SweepAnswer>;
