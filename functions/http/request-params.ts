import type { MiddlewareHandler } from 'hono';
import { type Fault, fail, ok, type Result } from '../../lib/failure.ts';
import { allowsJob } from './access.ts';
import type { HttpContext, HttpEnv } from './env.ts';
import { problem } from './problem.ts';
import type { Parameters } from './resources.ts';

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

/** `?force=true`: whoever holds the job. */
export function forceOf(c: HttpContext): Result<boolean> {
  const force = c.req.query('force') ?? 'false';
  if (force === 'true' || force === 'false') return ok(force === 'true');
  return invalid('?force', 'Expected true or false');
}

/** An integer from 1 to `max` under a name, or what stands for it where it is not given. */
export function integerOf(
  c: HttpContext,
  name: string,
  { max, otherwise }: { max: number; otherwise: number },
): Result<number> {
  const text = c.req.query(name);
  if (text === undefined) return ok(otherwise);
  const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= max) return ok(value);
  return invalid(`?${name}`, `Expected an integer from 1 to ${max}`);
}

/**
 * Refuses parameters that a resource does not take, and those given more often than it takes them: what is
 * mistyped would otherwise ask for something else in silence. `parametersOf` is null where the method is
 * not the resource's.
 */
export function requireKnownQuery(
  parametersOf: (c: HttpContext) => Parameters | null,
): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    const { url } = c.req;
    const start = url.indexOf('?');
    if (start === -1) return next();
    const parameters = parametersOf(c);
    if (parameters === null) return next();
    const faults = queryFaults(new URLSearchParams(url.slice(start)), parameters);
    return faults.length === 0 ? next() : problem(c, { code: 'invalid', faults });
  };
}

function queryFaults(query: URLSearchParams, parameters: Parameters): Fault[] {
  const names = Object.keys(parameters);
  const expected =
    names.length === 0
      ? 'No parameters are taken here'
      : `Not taken here: the parameters are ${names.join(', ')}`;
  const counts = new Map<string, number>();
  for (const name of query.keys()) counts.set(name, (counts.get(name) ?? 0) + 1);
  const faults: Fault[] = [];
  for (const [name, times] of counts) {
    if (!Object.hasOwn(parameters, name)) faults.push({ path: `?${name}`, reason: expected });
    else if (times > 1 && parameters[name] === 'once') {
      faults.push({ path: `?${name}`, reason: `Given ${times} times, and taken once` });
    }
  }
  return faults;
}

export function invalid(path: string, reason: string): Result<never> {
  return fail({ code: 'invalid', faults: [{ path, reason }] });
}
