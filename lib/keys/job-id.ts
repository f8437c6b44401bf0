import { type Fault, fail, ok, type Result } from '../failure.ts';
import { isAlphanumeric } from './alphanumeric.ts';

/** In characters, that is code points. */
export const MAX_JOB_ID_CHARACTERS = 200;

/**
 * The longest name is a lease's, `<safe>.<lease id>.json`, and file systems end at 255 bytes: this
 * leaves 55 for what is added.
 */
const MAX_SAFE_NAME_BYTES = 200;

const JOBS_PREFIX = 'jobs/';
const SUFFIX = '.json';

/** Where jobs are listed. */
export const JOB_KEYS = JOBS_PREFIX;

/** The job id with every character that is no letter, digit, `-` or `_` replaced by `_`. */
export function safeName(jobId: string): string {
  if (/^[0-9A-Za-z_-]*$/.test(jobId)) return jobId;
  let safe = '';
  for (const character of jobId) {
    const code = character.codePointAt(0) ?? 0;
    safe += isAlphanumeric(code) || character === '-' || character === '_' ? character : '_';
  }
  return safe;
}

/** The key of a job's state. Two ids may share one: whoever reads it compares the ids. */
export function jobKey(jobId: string): string {
  return `${JOBS_PREFIX}${safeName(jobId)}${SUFFIX}`;
}

/** Whether a key is that of a job: what else stands in their place another program has put there. */
export function isJobKey(key: string): boolean {
  return key.startsWith(JOBS_PREFIX) && key.endsWith(SUFFIX) && safeNameOf(key) !== '';
}

/** The safe name in a job's key. */
export function safeNameOf(key: string): string {
  return key.slice(JOBS_PREFIX.length, -SUFFIX.length);
}

/** Why a text is no job id, or null where it is one. `path` is where it was given. */
export function jobIdFault(jobId: string, path: string): Fault | null {
  if (/^[0-9A-Za-z_-]{1,200}$/.test(jobId)) return null;
  // Counted without spreading: an id of megabytes is refused at its length.
  if (
    jobId.length > 2 * MAX_JOB_ID_CHARACTERS ||
    Array.from(jobId).length > MAX_JOB_ID_CHARACTERS
  ) {
    return { path, reason: `A job id has at most ${MAX_JOB_ID_CHARACTERS} characters` };
  }
  if (jobId === '') return { path, reason: 'A job id has at least 1 character' };
  // URLs drop these two segments, percent-encoded or not: such a job could never be asked for.
  if (jobId === '.' || jobId === '..') return { path, reason: 'A job id is not "." or ".."' };
  if (!jobId.isWellFormed()) return { path, reason: 'A job id has no lone surrogates' };
  if (jobId.includes('\0')) return { path, reason: 'A job id has no NUL character' };
  if (new TextEncoder().encode(safeName(jobId)).byteLength > MAX_SAFE_NAME_BYTES) {
    return { path, reason: `A job id makes a file name of at most ${MAX_SAFE_NAME_BYTES} bytes` };
  }
  return null;
}

/** A job by its id, and where it is stored. */
export interface JobTarget {
  readonly key: string;
  readonly jobId: string;
}

/** The job of a legal id; `path` is where the id was given. */
export function targetOf(jobId: string, path: string): Result<JobTarget> {
  const fault = jobIdFault(jobId, path);
  if (fault !== null) return fail({ code: 'invalid', faults: [fault] });
  return ok({ key: jobKey(jobId), jobId });
}
