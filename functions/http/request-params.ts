import { type Fault, ok, type Result } from '../../lib/failure.ts';
import { type JobTarget, targetOf } from '../../lib/keys/job-id.ts';
import { checkJobAccess } from './access.ts';
import type { Check } from './check.ts';
import type { HttpContext } from './env.ts';
import { problem } from './problem.ts';
import { invalid, type Reader } from './read-request.ts';
import type { Parameters } from './resources.ts';

const ID_SEGMENT = 3;
const SHEET_SEGMENT = 5;

/**
 * The job of `/v1/jobs/{id}/...`. The router's own decoding keeps bytes that are not UTF-8 as they came: `%ff` would
 * be the id `%ff`. Failures: `forbidden` for a job outside the token's prefix, `invalid` for a bad id.
 */
export function readTarget(c: HttpContext): Result<JobTarget> {
  const jobId = decodeSegment(segmentOf(c, ID_SEGMENT));
  if (jobId === null) return invalid('{id}', 'The percent-encoding is not UTF-8');
  c.set('jobId', jobId);
  const access = checkJobAccess(c, jobId);
  return access.ok ? targetOf(jobId, '{id}') : access;
}

/** The sheet number of `/v1/jobs/{id}/sheets/{n}`: a positive integer in decimal digits. */
export function readSheetNum(c: HttpContext): Result<number> {
  const segment = segmentOf(c, SHEET_SEGMENT);
  const sheetNum = /^[1-9][0-9]*$/.test(segment) ? Number(segment) : Number.NaN;
  if (Number.isSafeInteger(sheetNum)) return ok(sheetNum);
  return invalid('{n}', 'A sheet number is an integer from 1 to 9007199254740991');
}

/** The stream of `/v1/presence/{id}`. Empty where the percent-encoding is not UTF-8: no stream has that id. */
export function readStreamId(c: HttpContext): string {
  return decodeSegment(segmentOf(c, ID_SEGMENT)) ?? '';
}

/** `?force=true`: the change is made even if the job is held. */
export function readForce(c: HttpContext): Result<boolean> {
  const force = c.req.query('force') ?? 'false';
  if (force === 'true' || force === 'false') return ok(force === 'true');
  return invalid('?force', 'Expected true or false');
}

/** Makes a reader of an integer parameter from 1 to `max`. It is `otherwise` where the request has none. */
export function integerParam(
  name: string,
  { max, otherwise }: { max: number; otherwise: number },
): Reader<number> {
  return c => {
    const text = c.req.query(name);
    if (text === undefined) return ok(otherwise);
    const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : 0;
    if (value >= 1 && value <= max) return ok(value);
    return invalid(`?${name}`, `Expected an integer from 1 to ${max}`);
  };
}

/** Without an array of all segments. */
function segmentOf({ req: { path } }: HttpContext, index: number): string {
  let start = 0;
  for (let passed = 0; passed < index; passed++) {
    const slash = path.indexOf('/', start);
    if (slash < 0) return '';
    start = slash + 1;
  }
  const end = path.indexOf('/', start);
  return path.slice(start, end < 0 ? path.length : end);
}

/** Null where the percent-encoding is not UTF-8. */
function decodeSegment(segment: string): string | null {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}

/**
 * Refuses query parameters that a resource does not take, and those given too often: a mistyped name would otherwise
 * be ignored in silence. `parametersOf` returns null where the resource does not have the method.
 */
export function requireKnownQuery(parametersOf: (c: HttpContext) => Parameters | null): Check {
  return c => {
    const { url } = c.req;
    const start = url.indexOf('?');
    if (start === -1) return null;
    const parameters = parametersOf(c);
    if (parameters === null) return null;
    const faults = queryFaults(new URLSearchParams(url.slice(start)), parameters);
    return faults.length === 0 ? null : problem(c, { code: 'invalid', faults });
  };
}

function queryFaults(query: URLSearchParams, parameters: Parameters): Fault[] {
  const names = Object.keys(parameters);
  const expected =
    names.length === 0
      ? 'This resource takes no parameters'
      : `Unknown parameter: this resource takes ${names.join(', ')}`;
  const counts = new Map<string, number>();
  for (const name of query.keys()) counts.set(name, (counts.get(name) ?? 0) + 1);
  const faults: Fault[] = [];
  for (const [name, times] of counts) {
    if (!Object.hasOwn(parameters, name)) faults.push({ path: `?${name}`, reason: expected });
    else if (times > 1 && parameters[name] === 'once') {
      faults.push({ path: `?${name}`, reason: `Given ${times} times, expected once` });
    }
  }
  return faults;
}
