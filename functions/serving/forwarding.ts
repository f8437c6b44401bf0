import { ok, type Result } from '../../lib/failure.ts';
import { safeNameOf } from '../../lib/keys/job-id.ts';
import type { HttpContext } from '../http/env.ts';
import { placeName, placeOf } from '../http/presence/places.ts';
import { problem } from '../http/problem.ts';
import { readBytes } from '../http/request-body.ts';
import { readTarget } from '../http/request-params.ts';
import { responseOf } from '../http/response.ts';
import type { Forward, JobRequest } from '../services/forward.ts';
import type { Route } from './routes.ts';

const JOB = '/v1/jobs/:id';

/** Whether the requests of a route change or read the state of one job, so that they gain by meeting at one place. */
export function meetsAtJob({ method, path }: Pick<Route, 'method' | 'path'>): boolean {
  // A heartbeat changes a lease alone.
  return path.startsWith(JOB) && !(method === 'PUT' && path === `${JOB}/lease`);
}

const UNAVAILABLE = { code: 'store_unavailable', retryAfterSeconds: 1 } as const;

/** Whether the requests of a route are about streams. */
export function isOfPresence({ path }: Pick<Route, 'path'>): boolean {
  return path.startsWith('/v1/presence');
}

/** Up to this size a body is read before it is passed on, so that it can be sent again. */
const HELD_BYTES = 64 * 1024;

/**
 * Passes a request on that has passed its checks. Null: it is to be answered here. The log line of a request is written
 * where it is answered.
 */
export async function forwardRequest(c: HttpContext, forward: Forward): Promise<Response | null> {
  const target = readTarget(c);
  // Its route says what is wrong.
  if (!target.ok) return null;
  return forwardTo(safeNameOf(target.value.key), { c, forward });
}

/** As `forwardRequest`, to the streams of the caller. Nothing else can answer it. */
export async function forwardPresence(c: HttpContext, forward: Forward): Promise<Response> {
  const forwarded = await forwardTo(placeName(placeOf(c)), { c, forward });
  return forwarded ?? responseOf(problem(c, UNAVAILABLE));
}

async function forwardTo(
  name: string,
  { c, forward }: { readonly c: HttpContext; readonly forward: Forward },
): Promise<Response | null> {
  const body = await readHeldBody(c);
  if (!body.ok) return responseOf(problem(c, body.failure));
  // Its memory is taken where it is answered, and its time is limited there.
  const resume = c.get('ticket')?.rest();
  const forwarded = await forward({
    name,
    requestId: c.get('requestId'),
    body: body.value,
  });
  resume?.();
  switch (forwarded.kind) {
    case 'answered':
      c.set('isAnsweredElsewhere', true);
      return forwarded.response;
    case 'undone':
      return null;
    case 'unclear':
      return responseOf(problem(c, UNAVAILABLE));
    default:
      return forwarded satisfies never;
  }
}

async function readHeldBody(c: HttpContext): Promise<Result<JobRequest['body']>> {
  // A read may have a body, which nobody looks at, and no request with it can be made.
  if (c.req.method === 'GET' || c.req.method === 'HEAD') return ok(null);
  const declared = Number(c.req.header('content-length') ?? Number.NaN);
  if (declared <= Math.min(HELD_BYTES, c.env.bodyLimitBytes))
    return declared === 0 ? ok(null) : readBytes(c, HELD_BYTES);
  return ok(c.req.raw.body);
}
