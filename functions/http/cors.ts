import type { HttpContext } from './env.ts';
import { type Answer, emptyAnswer } from './response.ts';

const METHODS = 'GET, HEAD, POST, PUT, DELETE';
const REQUEST_HEADERS = [
  'Authorization',
  'Content-Type',
  'Idempotency-Attempt',
  'Idempotency-Key',
  'If-Match',
  'If-None-Match',
  'Lease-Token',
  'Prefer',
  'X-Request-Id',
].join(', ');
const EXPOSED_HEADERS = [
  'Accept',
  'Accept-Encoding',
  'Allow',
  'ETag',
  'Location',
  'Preference-Applied',
  'Retry-After',
  'WWW-Authenticate',
  'X-Request-Id',
].join(', ');
/** Browsers keep the answer to a preflight at most this long. */
const MAX_AGE_SECONDS = '7200';

/**
 * Lets pages of the allowed origins read the answers, failures too, and answers their preflights, which come without
 * a token. Other preflights are answered as any OPTIONS: the method is not allowed.
 *
 * hono's own middleware is not used: it sets headers beforehand, which adds a tenth to the time of a small answer, it
 * takes every OPTIONS for a preflight, and it tells pages of any origin what is allowed.
 */
export function allowOrigins(c: HttpContext): Answer | null {
  const allowed = c.env.corsOrigins ?? null;
  if (allowed === null) return null;
  const origin = c.req.header('origin');
  const vary = allowed === 'any' ? {} : { Vary: 'Origin' };
  if (origin === undefined || (allowed !== 'any' && !allowed.has(origin))) {
    c.set('crossOrigin', vary);
    return null;
  }
  c.set('crossOrigin', {
    ...vary,
    'Access-Control-Allow-Origin': allowed === 'any' ? '*' : origin,
    'Access-Control-Expose-Headers': EXPOSED_HEADERS,
  });
  const asked = c.req.header('access-control-request-method');
  if (c.req.method !== 'OPTIONS' || asked === undefined) return null;
  const headers = {
    'Access-Control-Allow-Methods': METHODS,
    'Access-Control-Allow-Headers': REQUEST_HEADERS,
    'Access-Control-Max-Age': MAX_AGE_SECONDS,
  };
  return emptyAnswer(c, { status: 204, headers });
}
