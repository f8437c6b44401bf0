import { getLogger } from '@logtape/logtape';
import type { Next } from 'hono';
import type { HttpContext } from './http-env.ts';

const logger = getLogger(['dalsegno', 'http']);

/** One line for every request: what was asked of which job, how it was answered, how long it took. */
export async function logRequests(c: HttpContext, next: Next): Promise<void> {
  const startedAt = performance.now();
  await next();
  const { method, path } = c.req;
  const { status } = c.res;
  const durationMs = Math.round((performance.now() - startedAt) * 1000) / 1000;
  const code = c.var.code === undefined ? '' : ` ${c.var.code}`;
  logger.info(literal(`${method} ${path} ${status}${code} ${durationMs} ms`), {
    method,
    path,
    status,
    duration_ms: durationMs,
    request_id: c.var.requestId,
    ...(c.var.jobId === undefined ? {} : { job_id: c.var.jobId }),
    ...(c.var.code === undefined ? {} : { code: c.var.code }),
  });
}

/** What went wrong inside: the caller sees only the request id. */
export function logError(c: HttpContext, error: Error): void {
  const { method, path } = c.req;
  logger.error(literal(`${method} ${path} failed: ${describeError(error)}`), {
    method,
    path,
    request_id: c.var.requestId,
    ...(c.var.jobId === undefined ? {} : { job_id: c.var.jobId }),
  });
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? error.message;
  return error.cause === undefined ? own : `${own}\nCaused by: ${describeError(error.cause)}`;
}

/** Braces in a message would be filled in from the properties. */
function literal(text: string): string {
  return text.replaceAll('{', '{{').replaceAll('}', '}}');
}
