import { Hono } from 'hono';
import { checkPart, parseBody } from '../../lib/checkpoint/codec.ts';
import { readToken } from '../../lib/lease/token.ts';
import { StoreError } from '../../lib/store.ts';
import { allowsLease } from '../http/access.ts';
import type { HttpContext, HttpEnv } from '../http/env.ts';
import { BeatsBody, LEASE_BODY_BYTES, TokenBeat } from '../http/lease-request.ts';
import { leaseJson, pacing } from '../http/lease-response.ts';
import { failureJson, problem } from '../http/problem.ts';
import { readBody } from '../http/request-body.ts';
import { logError } from '../http/request-log.ts';
import { jsonResponse } from '../http/response.ts';

/** `/v1/heartbeats`: many leases renewed in one request, each answered for itself. */
export function heartbeatRoutes(): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();

  async function renew(
    c: HttpContext,
    sent: unknown,
    path: string,
  ): Promise<Readonly<Record<string, unknown>>> {
    const beat = checkPart(sent, TokenBeat, path);
    if (!beat.ok) return { ok: false, ...failureJson(beat.failure) };
    const { progress, ttl_seconds: ttlSeconds } = beat.value;
    const token = await readToken(beat.value.token, `${path}/token`);
    if (!token.ok) return { ok: false, ...failureJson(token.failure) };
    const allowed = allowsLease(c, token.value);
    if (!allowed.ok) return { ok: false, ...failureJson(allowed.failure) };
    try {
      const renewed = await c.env.leases.renew(token.value, null, { progress, ttlSeconds });
      if (!renewed.ok) return { ok: false, ...failureJson(renewed.failure) };
      const lease = renewed.value;
      const { server_time: _once, ...pace } = pacing(lease, c.env.leases.now());
      return { ok: true, lease: leaseJson(lease), requested: lease.requested, ...pace };
    } catch (error) {
      // A lease that the store fails on must not cost the others their answers.
      if (!(error instanceof StoreError)) throw error;
      logError(c, error);
      return { ok: false, ...failureJson({ code: 'store_unavailable', retryAfterSeconds: 1 }) };
    }
  }

  routes.post('/v1/heartbeats', async c => {
    const supported = c.env.leases.supported();
    if (!supported.ok) return problem(c, supported.failure);
    const body = await readBody(c, LEASE_BODY_BYTES);
    if (!body.ok) return problem(c, body.failure);
    const asked = parseBody(body.value, BeatsBody);
    if (!asked.ok) return problem(c, asked.failure);
    const beats = await Promise.all(
      asked.value.beats.map((beat, index) => renew(c, beat, `/beats/${index}`)),
    );
    return jsonResponse(c, { beats, server_time: c.env.leases.now() });
  });

  return routes;
}
