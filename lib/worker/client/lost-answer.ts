import type { JobState, JobStatus, NewJob, RequestAnswer, UpdateAnswer } from './job.ts';
import type { SheetUpdate } from './sheet-update.ts';

/*
 * Whether something was done by a try that nobody answered, told from the job as it stands now. A
 * later holder may have done the same, so the epoch, where it is known, must still be the caller's.
 */

interface Doer {
  readonly epoch?: number;
}

/** The answer to the update that completed the job, if the job is complete by it. */
export function updateCameTrue(
  state: JobState,
  { sheet, update, ...doer }: Doer & { readonly sheet: number; readonly update: SheetUpdate },
): UpdateAnswer | undefined {
  const { job_id, status, total_sheets, sheets } = state;
  if (status !== 'completed' || !isStillOf(state, doer)) return undefined;
  const made = sheets[String(sheet)];
  if (made === undefined || made.status !== update.status) return undefined;
  const attempt = made.attempt_count;
  if (update.attempt !== undefined && update.attempt !== attempt) return undefined;
  const completed = Object.values(sheets).filter(it => it.status === 'completed').length;
  return { job_id, status, sheet, next_sheet: null, progress: [completed, total_sheets], attempt };
}

/** The answer to the request that brought a job to this status, if it is there. */
export function requestCameTrue(
  state: JobState,
  { status, ...doer }: Doer & { readonly status: JobStatus },
): RequestAnswer | undefined {
  if (state.status !== status || !isStillOf(state, doer)) return undefined;
  return { job_id: state.job_id, status, requested: null };
}

/** Whether nobody holds the job by this lease any more. */
export function isFreeOf(state: JobState, { epoch }: { readonly epoch: number }): boolean {
  const { dalsegno } = state;
  return dalsegno === undefined || dalsegno.lease === null || dalsegno.epoch !== epoch;
}

/** Whether the job is what was asked for: every member that was given stands there as given. */
export function wasMadeOf(state: JobState, job: NewJob): boolean {
  return Object.entries(job).every(([name, value]) => isSame(state[name], value));
}

function isStillOf(state: JobState, { epoch }: Doer): boolean {
  return epoch === undefined || state.dalsegno?.epoch === epoch;
}

function isSame(stored: unknown, given: unknown): boolean {
  return given === undefined || JSON.stringify(stored) === JSON.stringify(given);
}
