import { getLogger, type LogRecord } from '@logtape/logtape';
import { systemClock } from '../../lib/base/clock.ts';
import { redactCredentials } from '../../lib/redaction/redaction.ts';
import type { RequestLine } from '../services/request-lines.ts';
import type { HttpContext } from './env.ts';

const CATEGORY = ['dalsegno', 'http'] as const;
const logger = getLogger(CATEGORY);

/** Gives the request its id, and returns the time of its start, of `performance.now()`. */
export function beginRequest(c: HttpContext): number {
  c.set('requestId', requestIdOf(c));
  return performance.now();
}

/** Logs the line of a request that is answered: method, path, job, status and duration. */
export function logRequest(c: HttpContext, status: number, milliseconds: number): void {
  const { requestLines = null } = c.env;
  const level = c.get('isRoutine') === true ? 'debug' : 'info';
  if (!(requestLines ?? logger).isEnabledFor(level)) return;
  const line: RequestLine = {
    level,
    timestamp: systemClock.millis(),
    method: c.req.method,
    // A decoded path may contain line breaks and terminal codes.
    path: withoutStreamId(printable(c.req.path)),
    status,
    durationMs: Math.round(milliseconds * 1000) / 1000,
    requestId: c.get('requestId'),
    jobId: c.get('jobId'),
    code: c.get('code'),
    access: c.get('access')?.name,
    waitedMs: c.get('waitedMs'),
  };
  if (requestLines === null) logger.emit(recordOf(line));
  else requestLines.write(line);
}

/**
 * The line of a request as a record for the logger. It is passed whole: a template with properties would take a third
 * of the time of a small answer.
 */
export function recordOf(line: RequestLine): LogRecord {
  const { level, timestamp, method, path, status, durationMs, requestId } = line;
  const { jobId, code, access, waitedMs } = line;
  const text = messageOf(line);
  return {
    category: CATEGORY,
    level,
    timestamp,
    message: [text],
    rawMessage: text,
    properties: {
      method,
      path,
      status,
      duration_ms: durationMs,
      request_id: requestId,
      ...(jobId === undefined ? {} : { job_id: jobId }),
      ...(code === undefined ? {} : { code }),
      ...(access === undefined ? {} : { access }),
      ...(waitedMs === undefined ? {} : { waited_ms: waitedMs }),
    },
  };
}

/** The sentence of a line. */
export function messageOf(
  line: Pick<RequestLine, 'method' | 'path' | 'status' | 'durationMs' | 'code'>,
): string {
  const { method, path, status, durationMs, code } = line;
  const failed = code === undefined ? '' : ` ${code}`;
  return `${method} ${path} ${status}${failed} ${durationMs} ms`;
}

/** Counts a request that is answered, where the process counts. */
export function observeRequest(c: HttpContext, status: number, milliseconds: number): void {
  const { metrics = null } = c.env;
  metrics?.observeRequest({
    method: c.req.method,
    route: c.get('route') ?? null,
    status,
    code: c.get('code'),
    seconds: Math.max(0, milliseconds - (c.get('waitedMs') ?? 0)) / 1000,
  });
}

/** What the log says when a stream ends, long after the line of its request. */
export interface StreamEnd {
  readonly reason: string;
  readonly leases: number;
  readonly milliseconds: number;
}

/**
 * The function that logs the end of a stream. It keeps the few parts of the request that the line has, and not the
 * request.
 */
export function streamEndLog(c: HttpContext): (end: StreamEnd) => void {
  const { method, path } = c.req;
  const requestId = c.get('requestId');
  const access = c.get('access')?.name;
  return ({ reason, leases, milliseconds }) => {
    const durationMs = Math.round(milliseconds);
    const text = `${method} ${path} ended: ${reason}, ${leases} leases, ${durationMs} ms`;
    logger.info(literal(text), {
      method,
      path,
      reason,
      leases,
      duration_ms: durationMs,
      request_id: requestId,
      ...(access === undefined ? {} : { access }),
    });
  };
}

function printable(path: string): string {
  if (/^[ -~]*$/.test(path)) return path;
  return path.replaceAll(/[\p{Cc}\u2028\u2029]/gu, encodeURIComponent);
}

const STREAM = '/v1/presence/';

/** The id of a stream is a secret. */
function withoutStreamId(path: string): string {
  return path.startsWith(STREAM) ? `${STREAM}{id}` : path;
}

/** The id that the client gave, where it is a plain one, else a new one. */
function requestIdOf(c: HttpContext): string {
  const given = c.req.header('x-request-id');
  return given !== undefined && /^[\w.:-]{1,128}$/.test(given) ? given : crypto.randomUUID();
}

/** Logs an error inside the service. The caller sees only the request id. */
export function logError(c: HttpContext, error: Error): void {
  const { method } = c.req;
  const path = withoutStreamId(c.req.path);
  // The message of a store may contain the URL that was called, with its key.
  const reason = redactCredentials(describeError(error));
  logger.error(literal(`${method} ${path} failed: ${reason}`), {
    method,
    path,
    request_id: c.get('requestId'),
    job_id: c.get('jobId'),
  });
}

/** Of each error in the chain: a message may repeat what was sent. */
const MAX_ERROR_CHARACTERS = 10_000;

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = (error.stack ?? error.message).slice(0, MAX_ERROR_CHARACTERS);
  return error.cause === undefined ? own : `${own}\nCaused by: ${describeError(error.cause)}`;
}

/** The logger would replace names in braces by properties. */
function literal(text: string): string {
  return text.replaceAll('{', '{{').replaceAll('}', '}}');
}
