import { fail, ok, type Result } from '../lib/failure.ts';
import { allowsJob } from './access.ts';
import type { HttpContext } from './http-env.ts';

const ID_SEGMENT = 3;
const SHEET_SEGMENT = 5;

/**
 * The job id of `/v1/jobs/{id}/...`, percent-decoded. The router's own decoding lets bytes that are
 * not UTF-8 stand as they came, and `%ff` would be the id `%ff`.
 */
export function jobIdOf(c: HttpContext): Result<string> {
  const segment = c.req.path.split('/')[ID_SEGMENT] ?? '';
  try {
    const jobId = decodeURIComponent(segment);
    c.set('jobId', jobId);
    const allowed = allowsJob(c, jobId);
    return allowed.ok ? ok(jobId) : allowed;
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    const reason = 'The percent-encoding is not UTF-8';
    return fail({ code: 'invalid', faults: [{ path: '{id}', reason }] });
  }
}

/** The sheet number of `/v1/jobs/{id}/sheets/{n}`: a positive integer in decimal digits. */
export function sheetNumOf(c: HttpContext): Result<number> {
  const segment = c.req.path.split('/')[SHEET_SEGMENT] ?? '';
  const sheetNum = /^[1-9][0-9]*$/.test(segment) ? Number(segment) : Number.NaN;
  if (Number.isSafeInteger(sheetNum)) return ok(sheetNum);
  const reason = 'A sheet number is an integer from 1 to 9007199254740991';
  return fail({ code: 'invalid', faults: [{ path: '{n}', reason }] });
}
