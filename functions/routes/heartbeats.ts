import { Hono } from 'hono';
import { checkPart } from '../../lib/checkpoint/codec.ts';
import type { Failure } from '../../lib/failure.ts';
import { readToken } from '../../lib/lease/token.ts';
import { StoreError } from '../../lib/store.ts';
import { checkLeaseAccess } from '../http/access.ts';
import type { HttpContext, HttpEnv } from '../http/env.ts';
import {
  checkLeaseSupport,
  HeartbeatsBody,
  LEASE_BODY_BYTES,
  TokenHeartbeat,
} from '../http/lease-request.ts';
import { leaseJson, pacing } from '../http/lease-response.ts';
import { failureJson, problem } from '../http/problem.ts';
import { readRequest } from '../http/read-request.ts';
import { jsonBody } from '../http/request-body.ts';
import { logError } from '../http/request-log.ts';
import { jsonResponse } from '../http/response.ts';

/** `/v1/heartbeats`: renews many leases in one request, with an answer for each. */
export function heartbeatRoutes(): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();

  routes.post('/v1/heartbeats', async c => {
    const request = await readRequest(c, {
      support: checkLeaseSupport,
      body: jsonBody(HeartbeatsBody, LEASE_BODY_BYTES),
    });
    if (!request.ok) return problem(c, request.failure);
    const beats = await Promise.all(
      request.value.body.beats.map((beat, index) => renew(c, beat, `/beats/${index}`)),
    );
    return jsonResponse(c, { beats, server_time: c.env.leases.now() });
  });

  return routes;
}

type HeartbeatAnswer = Readonly<Record<string, unknown>>;

/** The answer to one heartbeat, which is at `path` in the body. */
async function renew(c: HttpContext, sent: unknown, path: string): Promise<HeartbeatAnswer> {
  const beat = checkPart(sent, TokenHeartbeat, path);
  if (!beat.ok) return refusal(beat.failure);
  const { progress, ttl_seconds: ttlSeconds } = beat.value;
  const token = await readToken(beat.value.token, `${path}/token`);
  if (!token.ok) return refusal(token.failure);
  const access = checkLeaseAccess(c, token.value);
  if (!access.ok) return refusal(access.failure);
  try {
    const renewed = await c.env.leases.renew(token.value, null, { progress, ttlSeconds });
    if (!renewed.ok) return refusal(renewed.failure);
    const lease = renewed.value;
    const { server_time: _once, ...pace } = pacing(lease, c.env.leases.now());
    return { ok: true, lease: leaseJson(lease), requested: lease.requested, ...pace };
  } catch (error) {
    // The other heartbeats keep their answers where the store fails on this lease.
    if (!(error instanceof StoreError)) throw error;
    logError(c, error);
    return refusal({ code: 'store_unavailable', retryAfterSeconds: 1 });
  }
}

function refusal(failure: Failure): HeartbeatAnswer {
  return { ok: false, ...failureJson(failure) };
}
