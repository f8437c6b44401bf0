import { type Infer } from '../shape/shape.ts';
import { array, object, pair, record, union } from '../shape/structures.ts';
import {
  boolean,
  literal,
  nullable,
  number,
  optional,
  string,
  unknown,
  withFallback,
} from '../shape/values.ts';

/** The status of a job. */
export const JobStatus = literal(
  'pending',
  'running',
  'completed',
  'failed',
  'paused',
  'paused_at_chain',
  'cancelled',
);
export type JobStatus = Infer<typeof JobStatus>;

/** The status of a sheet. Updates set five of them; the others are in states that another program wrote. */
export const SheetStatus = literal(
  'pending',
  'ready',
  'dispatched',
  'in_progress',
  'waiting',
  'retry_scheduled',
  'fermata',
  'completed',
  'failed',
  'skipped',
  'cancelled',
);
export type SheetStatus = Infer<typeof SheetStatus>;

const Progress = pair(number);

/** The checkpoint state of a job, with the names of its file. It has more members than the ones listed here. */
export const JobState = object({
  job_id: string,
  job_name: string,
  status: JobStatus,
  total_sheets: number,
  last_completed_sheet: number,
  error_message: nullable(string),
  sheets: record(
    object({
      sheet_num: number,
      status: SheetStatus,
      attempt_count: number,
      stdout_tail: nullable(string),
      stderr_tail: nullable(string),
    }),
  ),
  /** Present once the job has been leased. Another program may have written anything here. */
  dalsegno: optional(withFallback(object({ epoch: number, lease: unknown }), undefined)),
});
export type JobState = Infer<typeof JobState>;

/** A job to create: these members, and any others of a state. */
export interface NewJob {
  readonly job_id: string;
  readonly job_name: string;
  readonly total_sheets: number;
  readonly [member: string]: unknown;
}

/** The next sheet of a job; `next_sheet` is null if no sheet is left. */
export const NextSheet = object({
  next_sheet: nullable(number),
  exists: boolean,
  /** The sheet's `attempt_count`. */
  attempt: optional(nullable(number)),
});
export type NextSheet = Infer<typeof NextSheet>;

/** A sheet that was started with another change, and the attempt that began. */
export const StartedSheet = object({ sheet: number, attempt: number });

/** The answer to an update. `status` is that of the job. `progress` has the completed sheets and all sheets. */
export const UpdateAnswer = object({
  job_id: string,
  status: JobStatus,
  sheet: number,
  next_sheet: nullable(number),
  progress: Progress,
  /** The sheet's `attempt_count`. */
  attempt: optional(number),
  /** True if the update named an attempt that is over: it changed nothing. */
  stale_attempt: optional(boolean),
  /**
   * The sheet that the completion started, with the attempt that began; null if it started none. Only in the answer to
   * an update that also starts a sheet.
   */
  started: optional(nullable(StartedSheet)),
});
export type UpdateAnswer = Infer<typeof UpdateAnswer>;

/** The answers to several updates, in order. */
export const UpdatesAnswer = object({
  updates: array(
    union(
      'ok',
      object({ ...UpdateAnswer.members, ok: literal(true) }),
      object({ ok: literal(false), status: number, code: string, detail: string }),
    ),
  ),
});
export type UpdatesAnswer = Infer<typeof UpdatesAnswer>;

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
export const RequestAnswer = object({
  job_id: string,
  status: JobStatus,
  requested: nullable(string),
});
export type RequestAnswer = Infer<typeof RequestAnswer>;

/** Why a job is in its situation, in sentences. */
export const WhyAnswer = object({
  job_id: string,
  /** Null for a state that cannot be read. */
  status: nullable(JobStatus),
  standing: string,
  holder: nullable(string),
  epoch: number,
  summary: string,
  evidence: array(string),
});
export type WhyAnswer = Infer<typeof WhyAnswer>;

/** The result of one sweep, in numbers of leases. */
export const SweepAnswer = object({
  examined: number,
  recovered: number,
  failed: number,
  skipped: number,
  errors: number,
  /** Where the next sweep continues; null if this one reached the end. */
  cursor: nullable(string),
});
export type SweepAnswer = Infer<typeof SweepAnswer>;
