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

/** What a list tells of a job; the names are the state's. */
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
  /** Who holds the job, dead or alive; null where nobody does. */
  readonly holder: string | null;
  /** How often the job was leased. */
  readonly epoch: number;
  /** What an `ETag` of the job holds between its quotes. */
  readonly version: Version;
}

/** Names and messages in a list are cut here: a page of a thousand jobs must stay a page, and the index small. */
const MAX_CHARACTERS = 500;

/** A credential that begins before the cut may end behind it. */
const MAX_READ_CHARACTERS = 16_384;

/** A summary of a state that is not stored yet. */
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

/** A message as lists show it. A state that was saved whole keeps it as it came. */
export function shownMessage(message: string): string {
  const redacted = redactCredentials(message.slice(0, MAX_READ_CHARACTERS));
  return short(redacted);
}

function short(text: string): string {
  return text.length > MAX_CHARACTERS ? text.slice(0, MAX_CHARACTERS).toWellFormed() : text;
}

/**
 * The summary of a job as a label of its object: with it a list needs no bodies. The body stays the
 * truth; an object that bears no label, or one that cannot be read, is read itself.
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

/** Null where no label holds it all: such jobs are read when they are listed. */
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
  // Labels from before messages were redacted hold them as they came.
  return {
    ...parsed.data,
    error_message: message === null ? null : shownMessage(message),
    version,
  };
}
