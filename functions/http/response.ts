import type { ContentfulStatusCode, StatusCode } from 'hono/utils/http-status';
import type { HttpContext } from './env.ts';

type Headers = Readonly<Record<string, string>>;

/**
 * Makes a response. Every response is made in this file, so that each has the id of its request and the CORS headers.
 * The headers are a plain object: where middleware sets one beforehand hono builds a `Headers` of all, which adds a
 * tenth to the time of a small answer.
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

/** Makes a response with a small JSON value. Large integers keep their digits: they are raw JSON numbers. */
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
