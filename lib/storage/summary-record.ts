import type { StoredTime } from '../base/stored-time.ts';
import type { Timestamp } from '../base/timestamp.ts';
import { tryParseJson } from '../base/try-parse-json.ts';
import { JobStatus } from '../checkpoint/status.ts';
import type { Version } from '../store.ts';
import type { EntryParts } from './job-entry.ts';
import { type IndexedJob, shownMessage } from './job-summary.ts';

/** Another number for other members, and whenever a state gets another summary than before. */
const FORMAT = 1;

/** Times are in the first part of a state. Behind a longer one they are not found. */
const SEARCHED_BYTES = 1024 * 1024;

/**
 * Whether the times of a summary are those of the stored body. A time that the body does not have, and the status
 * requires, is that of the read: each read gives another summary.
 */
export function hasTimesOf(
  { created_at, updated_at, started_at }: IndexedJob,
  body: Uint8Array,
): boolean {
  const head = new TextDecoder('latin1').decode(body.subarray(0, SEARCHED_BYTES));
  return [created_at, updated_at, started_at].every(
    time => time === null || head.includes(`"${time}"`),
  );
}

/**
 * The entry of a job as text, for a store that remembers labels: a fraction of a label in size, and in the time to read it.
 * Null if it would lose digits.
 */
export function recordOf(parts: EntryParts): string | null {
  const { total_sheets, last_completed_sheet, current_sheet } = parts;
  if (![total_sheets, last_completed_sheet, current_sheet ?? 0].every(Number.isSafeInteger)) {
    return null;
  }
  const fields = [
    FORMAT,
    parts.job_id,
    parts.job_name,
    STATUSES.indexOf(parts.status),
    parts.at,
    parts.created,
    total_sheets,
    last_completed_sheet,
    parts.completed,
    parts.epoch,
    parts.started,
    parts.ended,
    current_sheet,
    parts.holder,
    parts.lease_id,
    parts.error_message,
    parts.waiting_since,
    parts.delayed_until,
    parts.updated,
  ];
  while (fields.at(-1) === null) fields.pop();
  return JSON.stringify(fields);
}

/** The entry of a record. Null for another text, or another format: the job is then read. */
export function partsIn(text: string, version: Version): EntryParts | null {
  const fields = text.startsWith('[') ? tryParseJson(text) : null;
  if (!Array.isArray(fields) || fields[0] !== FORMAT) return null;
  const job_id: unknown = fields[1];
  const job_name: unknown = fields[2];
  const status = STATUSES[fields[3]];
  const at: unknown = fields[4];
  const created: unknown = fields[5];
  const total_sheets: unknown = fields[6];
  const last_completed_sheet: unknown = fields[7];
  const completed: unknown = fields[8];
  const epoch: unknown = fields[9];
  const started: unknown = fields[10] ?? null;
  const ended: unknown = fields[11] ?? null;
  const current_sheet: unknown = fields[12] ?? null;
  const holder: unknown = fields[13] ?? null;
  const lease_id: unknown = fields[14] ?? null;
  const message: unknown = fields[15] ?? null;
  const waiting_since: unknown = fields[16] ?? null;
  const delayed_until: unknown = fields[17] ?? null;
  const updated: unknown = fields[18] ?? null;
  if (!isText(job_id) || !isText(job_name) || status === undefined) return null;
  if (typeof at !== 'number' || !isTime(created)) return null;
  if (!isInteger(total_sheets) || !isInteger(last_completed_sheet)) return null;
  if (!isInteger(completed) || !isInteger(epoch)) return null;
  if (!(started === null || isTime(started)) || !(ended === null || isTime(ended))) return null;
  if (!(current_sheet === null || isInteger(current_sheet))) return null;
  if (!isTextOrNull(holder) || !isTextOrNull(lease_id) || !isTextOrNull(message)) return null;
  if (!isTimestampOrNull(waiting_since) || !isTimestampOrNull(delayed_until)) return null;
  if (!isTimestampOrNull(updated)) return null;
  return {
    job_id,
    job_name,
    status,
    at,
    updated,
    created,
    started,
    ended,
    total_sheets,
    last_completed_sheet,
    current_sheet,
    completed,
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

const STATUSES: readonly JobStatus[] = JobStatus.options;

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || isText(value);
}

/** The store has compared the record with its checksum, so a text is one that was a time. */
function isTime(value: unknown): value is StoredTime {
  return isInteger(value) || isText(value);
}

function isTimestampOrNull(value: unknown): value is Timestamp | null {
  return value === null || isText(value);
}

function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value);
}
