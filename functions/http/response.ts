import type { ContentfulStatusCode, StatusCode } from 'hono/utils/http-status';
import type { HttpContext } from './env.ts';

type Headers = Readonly<Record<string, string>>;

/** An answer as the rules make it. How it is sent is up to the runtime. */
export interface Answer {
  readonly status: number;
  /** The names are in lower case, as every runtime sends those of a `Headers`. */
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer> | ReadableStream | string | null;
}

/** Makes an answer. Every one is made in this file, so that each has the id of its request and the CORS headers. */
export function answer(
  c: HttpContext,
  body: Uint8Array<ArrayBuffer> | ReadableStream | string,
  options: { status: ContentfulStatusCode; headers: Headers },
): Answer {
  return { status: options.status, headers: headersOf(c, options.headers), body };
}

/** As `answer`, without a body. */
export function emptyAnswer(
  c: HttpContext,
  options: { status: StatusCode; headers?: Headers },
): Answer {
  return { status: options.status, headers: headersOf(c, options.headers), body: null };
}

/**
 * The answer as a response. Its headers are a plain object, which Node writes as it is. hono's own `c.body` builds a
 * `Headers` of several, and no middleware sets one beforehand: that takes longer than all else that HTTP needs for a
 * small answer.
 */
export function responseOf({ status, headers, body }: Answer): Response {
  return new Response(body, { status, headers });
}

function headersOf(c: HttpContext, own: Headers = {}): Headers {
  const headers: Record<string, string> = {};
  for (const name in own) headers[name.toLowerCase()] = own[name] ?? '';
  const crossOrigin = c.get('crossOrigin');
  for (const name in crossOrigin) headers[name.toLowerCase()] = crossOrigin[name] ?? '';
  headers['x-request-id'] = c.get('requestId');
  return headers;
}

/** Makes an answer with a small JSON value. Large integers keep their digits: they are raw JSON numbers. */
export function jsonResponse(
  c: HttpContext,
  value: unknown,
  options: { status?: ContentfulStatusCode; headers?: Record<string, string> } = {},
): Answer {
  return answer(c, JSON.stringify(value), {
    status: options.status ?? 200,
    headers: { 'Content-Type': JSON_TYPE, ...options.headers },
  });
}

export const JSON_TYPE = 'application/json';
