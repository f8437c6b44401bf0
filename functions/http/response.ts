import type { ContentfulStatusCode, StatusCode } from 'hono/utils/http-status';
import type { HttpContext } from './env.ts';

type Headers = Readonly<Record<string, string>>;

/**
 * The one place that makes responses, so that each carries its request's id, and what pages may do with it. The headers go in as a
 * plain object: a header that middleware sets beforehand makes a `Headers` of all of them, at a
 * tenth of a small answer's time.
 */
export function answer(
  c: HttpContext,
  body: Uint8Array<ArrayBuffer> | ReadableStream | string,
  options: { status: ContentfulStatusCode; headers: Headers },
): Response {
  return c.body(body, options.status, {
    ...options.headers,
    ...c.get('crossOrigin'),
    'X-Request-Id': c.get('requestId'),
  });
}

/** As `answer`, without a body. */
export function emptyAnswer(
  c: HttpContext,
  options: { status: StatusCode; headers?: Headers },
): Response {
  return c.body(null, options.status, {
    ...options.headers,
    ...c.get('crossOrigin'),
    'X-Request-Id': c.get('requestId'),
  });
}

/** A small answer. Large integers in it keep their digits: they are raw JSON numbers already. */
export function jsonResponse(
  c: HttpContext,
  value: unknown,
  options: { status?: ContentfulStatusCode; headers?: Record<string, string> } = {},
): Response {
  return answer(c, JSON.stringify(value), {
    status: options.status ?? 200,
    headers: { 'Content-Type': JSON_TYPE, ...options.headers },
  });
}

export const JSON_TYPE = 'application/json';
