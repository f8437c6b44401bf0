import { Hono } from 'hono';
import { parseBody } from '../../lib/checkpoint/codec.ts';
import type { HttpEnv } from '../http/env.ts';
import { idempotencyKeyOf, isGone } from '../http/idempotency.ts';
import { BeatBody, LEASE_BODY_BYTES, LeaseAskBody } from '../http/lease-request.ts';
import { grantedResponse, leaseJson, pacing } from '../http/lease-response.ts';
import { requiredLeaseTokenOf } from '../http/lease-token.ts';
import { entityTag } from '../http/precondition.ts';
import { problem } from '../http/problem.ts';
import { readBody, readOptionalBody } from '../http/request-body.ts';
import { jobIdOf } from '../http/request-params.ts';
import { emptyAnswer, jsonResponse } from '../http/response.ts';

/** `/v1/jobs/{id}/lease`: acquired, renewed by heartbeat, released. */
export function leaseRoutes(): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();

  routes.post('/v1/jobs/:id/lease', async c => {
    const jobId = jobIdOf(c);
    if (!jobId.ok) return problem(c, jobId.failure);
    const body = await readBody(c, LEASE_BODY_BYTES);
    if (!body.ok) return problem(c, body.failure);
    const ask = parseBody(body.value, LeaseAskBody);
    if (!ask.ok) return problem(c, ask.failure);
    const key = await idempotencyKeyOf(c);
    if (!key.ok) return problem(c, key.failure);
    const { holder, ttl_seconds: ttlSeconds } = ask.value;
    const granted = await c.env.leases.acquire(jobId.value, {
      holder,
      ttlSeconds,
      key: key.value,
      isGone: () => isGone(c),
    });
    if (!granted.ok) return problem(c, granted.failure);
    return grantedResponse(c, granted.value, c.env.leases.now());
  });

  routes.put('/v1/jobs/:id/lease', async c => {
    const jobId = jobIdOf(c);
    if (!jobId.ok) return problem(c, jobId.failure);
    const token = await requiredLeaseTokenOf(c);
    if (!token.ok) return problem(c, token.failure);
    const body = await readOptionalBody(c, LEASE_BODY_BYTES);
    if (!body.ok) return problem(c, body.failure);
    const beat = parseBody(body.value, BeatBody);
    if (!beat.ok) return problem(c, beat.failure);
    const { progress, ttl_seconds: ttlSeconds } = beat.value;
    const renewed = await c.env.leases.renew(token.value, jobId.value, { progress, ttlSeconds });
    if (!renewed.ok) return problem(c, renewed.failure);
    const lease = renewed.value;
    return jsonResponse(c, {
      lease: leaseJson(lease),
      requested: lease.requested,
      ...pacing(lease, c.env.leases.now()),
    });
  });

  routes.delete('/v1/jobs/:id/lease', async c => {
    const jobId = jobIdOf(c);
    if (!jobId.ok) return problem(c, jobId.failure);
    const token = await requiredLeaseTokenOf(c);
    if (!token.ok) return problem(c, token.failure);
    const released = await c.env.leases.release(jobId.value, token.value);
    if (!released.ok) return problem(c, released.failure);
    return emptyAnswer(c, { status: 204, headers: { ETag: entityTag(released.value) } });
  });

  return routes;
}
