import { getLogger, type LogRecord } from '@logtape/logtape';
import type { Next } from 'hono';
import { systemClock } from '../../lib/base/clock.ts';
import { redactCredentials } from '../../lib/redaction/redaction.ts';
import type { HttpContext } from './env.ts';

const CATEGORY = ['dalsegno', 'http'] as const;
const logger = getLogger(CATEGORY);

/**
 * One line for every request: what was asked of which job, how it was answered, how long it took.
 * The record is given to the logger whole: a template with properties costs a third of a small answer.
 */
export async function logRequests(c: HttpContext, next: Next): Promise<void> {
  const startedAt = performance.now();
  c.set('requestId', requestIdOf(c));
  await next();
  const { method } = c.req;
  // Decoded, a path may hold line breaks and terminal codes.
  const path = printable(c.req.path);
  const { status } = c.res;
  const durationMs = Math.round((performance.now() - startedAt) * 1000) / 1000;
  const jobId = c.get('jobId');
  const code = c.get('code');
  const access = c.get('access')?.name;
  const text = `${method} ${path} ${status}${code === undefined ? '' : ` ${code}`} ${durationMs} ms`;
  const record: LogRecord = {
    category: CATEGORY,
    level: 'info',
    timestamp: systemClock.millis(),
    message: [text],
    rawMessage: text,
    properties: {
      method,
      path,
      status,
      duration_ms: durationMs,
      request_id: c.get('requestId'),
      ...(jobId === undefined ? {} : { job_id: jobId }),
      ...(code === undefined ? {} : { code }),
      ...(access === undefined ? {} : { access }),
    },
  };
  logger.emit(record);
}

function printable(path: string): string {
  if (/^[ -~]*$/.test(path)) return path;
  return path.replaceAll(/[\p{Cc}\u2028\u2029]/gu, encodeURIComponent);
}

/** The client's own id for the request, where it gives a plain one, else a new one. */
function requestIdOf(c: HttpContext): string {
  const given = c.req.header('x-request-id');
  return given !== undefined && /^[\w.:-]{1,128}$/.test(given) ? given : crypto.randomUUID();
}

/** What went wrong inside: the caller sees only the request id. */
export function logError(c: HttpContext, error: Error): void {
  const { method, path } = c.req;
  // What a store says of its failure may have the address that it was called at, with its key.
  const reason = redactCredentials(describeError(error));
  logger.error(literal(`${method} ${path} failed: ${reason}`), {
    method,
    path,
    request_id: c.get('requestId'),
    job_id: c.get('jobId'),
  });
}

/** Of one error; a message may repeat what was sent. */
const MAX_ERROR_CHARACTERS = 10_000;

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = (error.stack ?? error.message).slice(0, MAX_ERROR_CHARACTERS);
  return error.cause === undefined ? own : `${own}\nCaused by: ${describeError(error.cause)}`;
}

/** Braces in a message would be filled in from the properties. */
function literal(text: string): string {
  return text.replaceAll('{', '{{').replaceAll('}', '}}');
}
