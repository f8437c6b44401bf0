import { Hono } from 'hono';
import { parseBody } from '../../lib/checkpoint/codec.ts';
import { prefixOf } from '../http/access.ts';
import type { HttpEnv } from '../http/env.ts';
import { idempotencyKeyOf, isGone } from '../http/idempotency.ts';
import { ClaimAskBody, LEASE_BODY_BYTES } from '../http/lease-request.ts';
import { grantedResponse } from '../http/lease-response.ts';
import { problem } from '../http/problem.ts';
import { readBody } from '../http/request-body.ts';
import { emptyAnswer } from '../http/response.ts';

/** `/v1/claims`: the next job that waits, leased. */
export function claimRoutes(): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();

  routes.post('/v1/claims', async c => {
    const body = await readBody(c, LEASE_BODY_BYTES);
    if (!body.ok) return problem(c, body.failure);
    const ask = parseBody(body.value, ClaimAskBody);
    if (!ask.ok) return problem(c, ask.failure);
    const key = await idempotencyKeyOf(c);
    if (!key.ok) return problem(c, key.failure);
    const { holder, ttl_seconds: ttlSeconds, job_name: jobName } = ask.value;
    const claimed = await c.env.leases.claim({
      holder,
      ttlSeconds,
      jobName,
      jobPrefix: prefixOf(c),
      key: key.value,
      isGone: () => isGone(c),
    });
    if (!claimed.ok) return problem(c, claimed.failure);
    if (claimed.value === null) return emptyAnswer(c, { status: 204 });
    c.set('jobId', claimed.value.lease.job_id);
    return grantedResponse(c, claimed.value, c.env.leases.now());
  });

  return routes;
}
