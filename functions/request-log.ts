import { getLogger } from '@logtape/logtape';
import type { Next } from 'hono';
import type { HttpContext } from './http-env.ts';

const logger = getLogger(['dalsegno', 'http']);

/** One line for every request: what was asked of which job, how it was answered, how long it took. */
export async function logRequests(c: HttpContext, next: Next): Promise<void> {
  const startedAt = performance.now();
  await next();
  logger.info('{method} {path} {status} {duration_ms} ms', {
    method: c.req.method,
    path: c.req.path,
    status: c.res.status,
    duration_ms: Math.round((performance.now() - startedAt) * 1000) / 1000,
    request_id: c.var.requestId,
    ...(c.var.jobId === undefined ? {} : { job_id: c.var.jobId }),
    ...(c.var.code === undefined ? {} : { code: c.var.code }),
  });
}

/** What went wrong inside: the caller sees only the request id. */
export function logError(c: HttpContext, error: Error): void {
  logger.error('{method} {path} failed: {error}', {
    method: c.req.method,
    path: c.req.path,
    request_id: c.var.requestId,
    ...(c.var.jobId === undefined ? {} : { job_id: c.var.jobId }),
    error: describeError(error),
  });
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? error.message;
  return error.cause === undefined ? own : `${own}\nCaused by: ${describeError(error.cause)}`;
}
