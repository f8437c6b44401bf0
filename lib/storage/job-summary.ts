import * as z from 'zod';
import type { Timestamp } from '../base/timestamp.ts';
import { tryParseJson } from '../base/try-parse-json.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { type Progress, progress, progressPercent } from '../checkpoint/progress.ts';
import { JobStatus } from '../checkpoint/status.ts';
import { jobLeaseOf } from '../lease/job-lease.ts';
import { redactCredentials } from '../redaction/redaction.ts';
import type { Integer } from '../schema/integer.ts';
import { Time } from '../schema/timestamp.ts';
import { MAX_LABEL_BYTES, type Version } from '../store.ts';

/** A job in a list. The names are those of the state. */
export interface JobSummary {
  readonly job_id: string;
  readonly job_name: string;
  readonly status: JobStatus;
  readonly created_at: Timestamp;
  readonly updated_at: Timestamp;
  readonly started_at: Timestamp | null;
  readonly completed_at: Timestamp | null;
  readonly total_sheets: Integer;
  readonly last_completed_sheet: Integer;
  readonly current_sheet: Integer | null;
  readonly progress: Progress;
  readonly percent: number;
  readonly error_message: string | null;
  /** The holder of the lease that the job names, expired or not; null if the job is not leased. */
  readonly holder: string | null;
  /** How often the job was leased. */
  readonly epoch: number;
  /** The text between the quotes of the job's `ETag`. */
  readonly version: Version;
}

/** Longer names and messages are cut in a list, so that a page of a thousand jobs and the index stay small. */
const MAX_CHARACTERS = 500;

/** Redaction reads beyond the cut: a credential may begin before it and end behind it. */
const MAX_READ_CHARACTERS = 16_384;

/** The summary of a state that is not stored yet. */
export type JobOutline = Omit<JobSummary, 'version'>;

export function summarize(state: CheckpointState, version: Version): JobSummary {
  return { ...outlineOf(state), version };
}

export function outlineOf(state: CheckpointState): JobOutline {
  const { epoch, lease } = jobLeaseOf(state);
  return {
    job_id: state.job_id,
    job_name: short(state.job_name),
    status: state.status,
    created_at: state.created_at,
    updated_at: state.updated_at,
    started_at: state.started_at,
    completed_at: state.completed_at,
    total_sheets: state.total_sheets,
    last_completed_sheet: state.last_completed_sheet,
    current_sheet: state.current_sheet,
    progress: progress(state),
    percent: progressPercent(state),
    error_message: state.error_message === null ? null : shownMessage(state.error_message),
    holder: lease === null ? null : short(lease.holder),
    epoch,
  };
}

/** A message as lists show it: redacted and cut. The state itself keeps the message as it was saved. */
function shownMessage(message: string): string {
  const redacted = redactCredentials(message.slice(0, MAX_READ_CHARACTERS));
  return short(redacted);
}

function short(text: string): string {
  return text.length > MAX_CHARACTERS ? text.slice(0, MAX_CHARACTERS).toWellFormed() : text;
}

/**
 * The summary of a job as the label of its object. With labels a list need not read the bodies. An object without
 * a readable label is read itself.
 */
const Label = z.object({
  job_id: z.string().min(1),
  job_name: z.string(),
  status: JobStatus,
  created_at: Time,
  updated_at: Time,
  started_at: Time.nullable(),
  completed_at: Time.nullable(),
  total_sheets: z.int(),
  last_completed_sheet: z.int(),
  current_sheet: z.int().nullable(),
  progress: z.tuple([z.int().min(0), z.int()]),
  percent: z.number(),
  error_message: z.string().nullable(),
  holder: z.string().nullable(),
  epoch: z.int().min(0),
});

/** Null if the summary does not fit into a label. Such a job is read when it is listed. */
export function labelOf(outline: JobOutline): string | null {
  const { total_sheets, last_completed_sheet, current_sheet } = outline;
  // Integers beyond 2^53 would lose digits on the way back.
  if (![total_sheets, last_completed_sheet, current_sheet ?? 0].every(Number.isSafeInteger))
    return null;
  const label = JSON.stringify(outline);
  return new TextEncoder().encode(label).byteLength <= MAX_LABEL_BYTES ? label : null;
}

export function summaryIn(label: string, version: Version): JobSummary | null {
  const parsed = Label.safeParse(tryParseJson(label));
  if (!parsed.success) return null;
  const { error_message: message } = parsed.data;
  // Earlier versions wrote messages into labels without redacting them.
  return {
    ...parsed.data,
    error_message: message === null ? null : shownMessage(message),
    version,
  };
}
