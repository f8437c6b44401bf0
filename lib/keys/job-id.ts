import { type Fault, fail, ok, type Result } from '../failure.ts';
import { isAlphanumeric } from './alphanumeric.ts';

/** A character is a code point. */
export const MAX_JOB_ID_CHARACTERS = 200;

/**
 * The longest file name is that of a lease, `<safe>.<lease id>.json`. File systems allow 255 bytes, so 55
 * remain for the rest of the name.
 */
const MAX_SAFE_NAME_BYTES = 200;

const JOBS_PREFIX = 'jobs/';
const SUFFIX = '.json';

/** The prefix of the keys of all jobs. */
export const JOB_KEYS = JOBS_PREFIX;

/** The job id with every character except letters, digits, `-` and `_` replaced by `_`. */
export function safeName(jobId: string): string {
  if (/^[0-9A-Za-z_-]*$/.test(jobId)) return jobId;
  let safe = '';
  for (const character of jobId) {
    const code = character.codePointAt(0) ?? 0;
    safe += isAlphanumeric(code) || character === '-' || character === '_' ? character : '_';
  }
  return safe;
}

/** The key of a job's state. Two ids may have the same key, so the reader compares the ids. */
export function jobKey(jobId: string): string {
  return `${JOBS_PREFIX}${safeName(jobId)}${SUFFIX}`;
}

/** Whether a key belongs to a job. Another program may have written other objects with this prefix. */
export function isJobKey(key: string): boolean {
  return key.startsWith(JOBS_PREFIX) && key.endsWith(SUFFIX) && safeNameOf(key) !== '';
}

/** The safe name in a job's key. */
export function safeNameOf(key: string): string {
  return key.slice(JOBS_PREFIX.length, -SUFFIX.length);
}

/** Why a text is not a valid job id, or null if it is. `path` names the part of the request that contains it. */
export function jobIdFault(jobId: string, path: string): Fault | null {
  if (/^[0-9A-Za-z_-]{1,200}$/.test(jobId)) return null;
  // The length is checked first, so an id of megabytes is refused without splitting it into characters.
  if (
    jobId.length > 2 * MAX_JOB_ID_CHARACTERS ||
    Array.from(jobId).length > MAX_JOB_ID_CHARACTERS
  ) {
    return { path, reason: `A job id has at most ${MAX_JOB_ID_CHARACTERS} characters` };
  }
  if (jobId === '') return { path, reason: 'A job id has at least 1 character' };
  // URLs drop these two segments, percent-encoded or not, so no request could name such a job.
  if (jobId === '.' || jobId === '..') return { path, reason: 'A job id is not "." or ".."' };
  if (!jobId.isWellFormed()) return { path, reason: 'A job id has no lone surrogates' };
  if (jobId.includes('\0')) return { path, reason: 'A job id has no NUL character' };
  if (new TextEncoder().encode(safeName(jobId)).byteLength > MAX_SAFE_NAME_BYTES) {
    return { path, reason: `A job id makes a file name of at most ${MAX_SAFE_NAME_BYTES} bytes` };
  }
  return null;
}

/** The id of a job and the key of its state. */
export interface JobTarget {
  readonly key: string;
  readonly jobId: string;
}

/** The target of a valid id. `path` names the part of the request that contains the id. */
export function targetOf(jobId: string, path: string): Result<JobTarget> {
  const fault = jobIdFault(jobId, path);
  if (fault !== null) return fail({ code: 'invalid', faults: [fault] });
  return ok({ key: jobKey(jobId), jobId });
}
