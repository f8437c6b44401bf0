import { jobLeaseOf } from './lease/job-lease.ts';
import { redactCredentials } from './redaction.ts';
import type { Integer } from './schema/integer.ts';
import type { CheckpointState } from './state/checkpoint.ts';
import { type Progress, progress, progressPercent } from './state/progress.ts';
import type { JobStatus } from './state/status.ts';
import type { Version } from './store.ts';
import type { Timestamp } from './timestamp.ts';

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
