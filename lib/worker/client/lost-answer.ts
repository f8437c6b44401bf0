import type { JobState, JobStatus, NewJob, RequestAnswer, UpdateAnswer } from './job.ts';
import { type SheetUpdate, startsSheet } from './sheet-update.ts';

/*
 * Finds out from the current state of the job whether a try without an answer was carried out. A later holder may
 * have done the same, so the epoch, if it is known, must still be the caller's.
 */

interface CallerLease {
  readonly epoch?: number;
}

/** The answer to the update, if the update has completed the job. */
export function findUpdateAnswer(
  state: JobState,
  {
    sheet,
    update,
    ...lease
  }: CallerLease & { readonly sheet: number; readonly update: SheetUpdate },
): UpdateAnswer | undefined {
  const { job_id, status, total_sheets, sheets } = state;
  if (status !== 'completed' || !hasEpochOf(state, lease)) return undefined;
  const stored = sheets[String(sheet)];
  if (stored === undefined || stored.status !== update.status) return undefined;
  const attempt = stored.attempt_count;
  if (update.attempt !== undefined && update.attempt !== attempt) return undefined;
  const completed = Object.values(sheets).filter(it => it.status === 'completed').length;
  return {
    job_id,
    status,
    sheet,
    next_sheet: null,
    progress: [completed, total_sheets],
    attempt,
    ...(startsSheet(update) ? { started: null } : {}),
  };
}

/** The answer to the request, if the job has the status that the request leads to. */
export function findRequestAnswer(
  state: JobState,
  { status, ...lease }: CallerLease & { readonly status: JobStatus },
): RequestAnswer | undefined {
  if (state.status !== status || !hasEpochOf(state, lease)) return undefined;
  return { job_id: state.job_id, status, requested: null };
}

/** Whether the lease of this epoch no longer holds the job. */
export function isReleased(state: JobState, { epoch }: { readonly epoch: number }): boolean {
  const { dalsegno } = state;
  return dalsegno === undefined || dalsegno.lease === null || dalsegno.epoch !== epoch;
}

/** Whether every given member has the same value in the state. */
export function isCreatedFrom(state: JobState, job: NewJob): boolean {
  return Object.entries(job).every(([name, value]) => isSame(state[name], value));
}

function hasEpochOf(state: JobState, { epoch }: CallerLease): boolean {
  return epoch === undefined || state.dalsegno?.epoch === epoch;
}

function isSame(stored: unknown, given: unknown): boolean {
  return given === undefined || JSON.stringify(stored) === JSON.stringify(given);
}
