import type { Timestamp } from '../base/timestamp.ts';
import { tryParseJson } from '../base/try-parse-json.ts';
import { percentOf } from '../checkpoint/progress.ts';
import { JobStatus } from '../checkpoint/status.ts';
import type { Version } from '../store.ts';
import { type IndexedJob, shownMessage, summaryIn } from './job-summary.ts';

/** Another number for other members, and whenever a state gets another summary than before. */
const FORMAT = 1;

/** Times are in the first part of a state. Behind a longer one they are not found. */
const SEARCHED_BYTES = 1024 * 1024;

/**
 * The summary of a job for a store that remembers labels: a fraction of the text of a label, and of the time to read it.
 * Null if it would lose digits, and where a time is not in the stored body: then it is that of the read.
 */
export function recordOf(job: IndexedJob, body: Uint8Array): string | null {
  const { created_at, updated_at, started_at } = job;
  const head = new TextDecoder('latin1').decode(body.subarray(0, SEARCHED_BYTES));
  const times =
    started_at === null ? [created_at, updated_at] : [created_at, updated_at, started_at];
  if (!times.every(time => head.includes(`"${time}"`))) return null;
  const { total_sheets, last_completed_sheet, current_sheet } = job;
  if (![total_sheets, last_completed_sheet, current_sheet ?? 0].every(Number.isSafeInteger)) {
    return null;
  }
  const fields = [
    FORMAT,
    job.job_id,
    job.job_name,
    job.status,
    job.created_at,
    job.updated_at,
    total_sheets,
    last_completed_sheet,
    job.progress[0],
    job.epoch,
    job.started_at,
    job.completed_at,
    current_sheet,
    job.holder,
    job.lease_id,
    job.error_message,
    job.waiting_since,
    job.delayed_until,
  ];
  while (fields.at(-1) === null) fields.pop();
  return JSON.stringify(fields);
}

/** The summary of a record or a label. Null if it is of another format: the job is then read. */
export function summaryFrom(text: string, version: Version): IndexedJob | null {
  if (!text.startsWith('[')) return summaryIn(text, version);
  const fields = tryParseJson(text);
  return Array.isArray(fields) && fields[0] === FORMAT ? fromFields(fields, version) : null;
}

function fromFields(fields: readonly unknown[], version: Version): IndexedJob | null {
  const [, job_id, job_name, status, created_at, updated_at, ...rest] = fields;
  const [total_sheets, last_completed_sheet, completed, epoch, ...optional] = rest;
  const [started_at = null, completed_at = null, current_sheet = null, ...texts] = optional;
  const [holder = null, lease_id = null, message = null, ...times] = texts;
  const [waiting_since = null, delayed_until = null] = times;
  if (!isText(job_id) || !isText(job_name) || !isStatus(status)) return null;
  if (!isTime(created_at) || !isTime(updated_at)) return null;
  if (!isInteger(total_sheets) || !isInteger(last_completed_sheet)) return null;
  if (!isInteger(completed) || !isInteger(epoch)) return null;
  if (!isTimeOrNull(started_at) || !isTimeOrNull(completed_at)) return null;
  if (!(current_sheet === null || isInteger(current_sheet))) return null;
  if (!isTextOrNull(holder) || !isTextOrNull(lease_id) || !isTextOrNull(message)) return null;
  if (!isTimeOrNull(waiting_since) || !isTimeOrNull(delayed_until)) return null;
  return {
    job_id,
    job_name,
    status,
    created_at,
    updated_at,
    started_at,
    completed_at,
    total_sheets,
    last_completed_sheet,
    current_sheet,
    progress: [completed, total_sheets],
    percent: percentOf(completed, total_sheets),
    // Redacted again: the patterns may be newer than the record.
    error_message: message === null ? null : shownMessage(message),
    holder,
    epoch,
    lease_id,
    waiting_since,
    delayed_until,
    version,
  };
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || isText(value);
}

/** The store has compared the record with its checksum, so the text is one that was a time. */
function isTime(value: unknown): value is Timestamp {
  return isText(value);
}

function isTimeOrNull(value: unknown): value is Timestamp | null {
  return value === null || isText(value);
}

function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isStatus(value: unknown): value is JobStatus {
  return STATUSES.has(value);
}

const STATUSES: ReadonlySet<unknown> = new Set(JobStatus.options);
