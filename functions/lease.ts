import { Hono } from 'hono';
import { requested } from '../lib/state/codec.ts';
import { emptyAnswer } from './answer.ts';
import { grantedResponse } from './granted.ts';
import type { HttpEnv } from './http-env.ts';
import { idempotencyKeyOf, isGone } from './idempotency.ts';
import { jsonResponse } from './json.ts';
import { leaseJson, pacing } from './lease-json.ts';
import { BeatBody, LEASE_BODY_BYTES, LeaseAskBody } from './lease-request.ts';
import { requiredLeaseTokenOf } from './lease-token.ts';
import { entityTag } from './precondition.ts';
import { problem } from './problem.ts';
import { readBody, readOptionalBody } from './request-body.ts';
import { jobIdOf } from './request-path.ts';

/** `/v1/jobs/{id}/lease`: acquired, renewed by heartbeat, released. */
export function leaseRoutes(): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();

  routes.post('/v1/jobs/:id/lease', async c => {
    const jobId = jobIdOf(c);
    if (!jobId.ok) return problem(c, jobId.failure);
    const body = await readBody(c, LEASE_BODY_BYTES);
    if (!body.ok) return problem(c, body.failure);
    const ask = requested(body.value, LeaseAskBody);
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
    const beat = requested(body.value, BeatBody);
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
