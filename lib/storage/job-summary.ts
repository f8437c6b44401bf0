import * as z from 'zod';
import { instantKey, type Timestamp } from '../base/timestamp.ts';
import { tryParseJson } from '../base/try-parse-json.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { type Progress, percentOf, progress } from '../checkpoint/progress.ts';
import { completionTime } from '../checkpoint/settle.ts';
import { JobStatus } from '../checkpoint/status.ts';
import { JOB_KEYS } from '../keys/job-id.ts';
import { jobLeaseOf, waitingSinceOf } from '../lease/job-lease.ts';
import { redactCredentials } from '../redaction/redaction.ts';
import type { Integer } from '../schema/integer.ts';
import { isRecord, isTextOrNull, isTime } from '../schema/regular.ts';
import { Time } from '../schema/timestamp.ts';
import { MAX_LABEL_BYTES, type ObjectStore, type Place, type Version } from '../store.ts';

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

/** A job in the index: what lists show, and what decides the standing of the job. */
export interface IndexedJob extends JobSummary {
  /** The id of the lease that the job names. Null if the job is not leased. */
  readonly lease_id: string | null;
  /** The place of the job in the queue, if the state names it: the job was changed while it waited. */
  readonly waiting_since: Timestamp | null;
  /** Claims do not get the job before this time. Null if its last grant was used. */
  readonly delayed_until: Timestamp | null;
}

/** Longer names and messages are cut in a list, so that a page of a thousand jobs and the index stay small. */
const MAX_CHARACTERS = 500;

/** Redaction reads beyond the cut: a credential may begin before it and end behind it. */
const MAX_READ_CHARACTERS = 16_384;

/** The summary of a state that is not stored yet. */
export type JobOutline = Omit<IndexedJob, 'version'>;

export function summarize(state: CheckpointState, version: Version): IndexedJob {
  return { ...outlineOf(state), version };
}

export function outlineOf(state: CheckpointState): JobOutline {
  const { epoch, lease, delay } = jobLeaseOf(state);
  const done = progress(state);
  return {
    job_id: state.job_id,
    job_name: shownText(state.job_name),
    status: state.status,
    created_at: state.created_at,
    updated_at: state.updated_at,
    started_at: state.started_at,
    completed_at: completionTime(state),
    total_sheets: state.total_sheets,
    last_completed_sheet: state.last_completed_sheet,
    current_sheet: state.current_sheet,
    progress: done,
    percent: percentOf(...done),
    error_message: state.error_message === null ? null : shownMessage(state.error_message),
    holder: lease === null ? null : shownText(lease.holder),
    epoch,
    lease_id: lease?.id ?? null,
    waiting_since: waitingSinceOf(state),
    delayed_until: delay?.until ?? null,
  };
}

/** A message as lists show it: redacted and cut. The state itself keeps the message as it was saved. */
export function shownMessage(message: string): string {
  const redacted = redactCredentials(message.slice(0, MAX_READ_CHARACTERS));
  return shownText(redacted);
}

/** A name or a message as lists show it: cut. */
export function shownText(text: string): string {
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
  // The label of most jobs has none of these.
  lease_id: z.string().optional(),
  waiting_since: Time.optional(),
  delayed_until: Time.optional(),
});

const UTF8 = new TextEncoder();

/** Null if the summary does not fit into a label. Such a job is read when it is listed. */
export function labelOf(outline: JobOutline): string | null {
  const { total_sheets, last_completed_sheet, current_sheet } = outline;
  // Integers beyond 2^53 would lose digits on the way back.
  if (![total_sheets, last_completed_sheet, current_sheet ?? 0].every(Number.isSafeInteger))
    return null;
  const { lease_id, waiting_since, delayed_until, ...always } = outline;
  const label = JSON.stringify({
    ...always,
    ...(lease_id === null ? {} : { lease_id }),
    ...(waiting_since === null ? {} : { waiting_since }),
    ...(delayed_until === null ? {} : { delayed_until }),
  });
  return UTF8.encode(label).byteLength <= MAX_LABEL_BYTES ? label : null;
}

/** Null if the label does not have everything: the job is then read. */
export function summaryIn(label: string, version: Version): IndexedJob | null {
  const parsed = Label.safeParse(tryParseJson(label));
  if (!parsed.success) return null;
  const { lease_id = null, waiting_since = null, delayed_until = null, ...shown } = parsed.data;
  // Earlier versions did not write the lease into the label.
  if (shown.holder !== null && lease_id === null) return null;
  return {
    ...shown,
    // Earlier versions wrote messages into labels without redacting them.
    error_message: shown.error_message === null ? null : shownMessage(shown.error_message),
    lease_id,
    waiting_since,
    delayed_until,
    version,
  };
}

/** The folder of all jobs, whose lists are by place where the store has such lists. */
export const JOB_FOLDER = JOB_KEYS.slice(0, -1);

const PlacedLabel = z.object({
  updated_at: Time,
  status: JobStatus,
  // The label of a summary that did not fit has neither.
  job_name: z.string().optional(),
  holder: z.string().nullable().optional(),
});

/** The fields of the place of a job, by which lists may be read too. They are cut as lists show them. */
export const JOB_FIELDS = ['job_name', 'holder'] as const;

/** Jobs are listed by the instant of their last change, and by status. Null for a label that does not say both. */
export function placeOfJob(label: string): Place | null {
  const value = tryParseJson(label);
  if (isPlacedLabel(value)) return placeIn(value);
  const parsed = PlacedLabel.safeParse(value);
  return parsed.success ? placeIn(parsed.data) : null;
}

/** Whether the schema would leave it as it is: nearly all labels are so, and each write of a job asks. */
function isPlacedLabel(value: unknown): value is z.infer<typeof PlacedLabel> {
  if (!isRecord(value)) return false;
  const { updated_at, status, job_name, holder } = value;
  if (!isTime(updated_at) || typeof status !== 'string' || !STATUSES.has(status)) return false;
  return typeof job_name === 'string' && isTextOrNull(holder);
}

const STATUSES: ReadonlySet<string> = new Set(JobStatus.options);

/** The place of a job with this label. */
function placeIn({ updated_at, status, job_name, holder }: z.infer<typeof PlacedLabel>): Place {
  return {
    order: instantKey(updated_at),
    group: status,
    fields: {
      ...(job_name === undefined ? {} : { job_name }),
      ...(holder === undefined ? {} : { holder: holder ?? '' }),
    },
  };
}

/**
 * The label of a job, as the store keeps it. A summary that does not fit leaves the place of the job where lists
 * are by place; its job is read when it is listed.
 */
export function storedLabelOf(
  outline: JobOutline,
  { traits, ordered }: Pick<ObjectStore, 'traits' | 'ordered'>,
): string | undefined {
  if (!traits.labels) return undefined;
  const { updated_at, status } = outline;
  return (
    labelOf(outline) ?? (ordered === null ? undefined : JSON.stringify({ updated_at, status }))
  );
}

/** For a store that lists jobs by place. */
export const JOB_ORDERING = { folders: [JOB_FOLDER], placeOf: placeOfJob };
