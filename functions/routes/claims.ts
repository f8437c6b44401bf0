import { Hono } from 'hono';
import { prefixOf } from '../http/access.ts';
import type { HttpEnv } from '../http/env.ts';
import { isClientGone, readIdempotencyKey } from '../http/idempotency.ts';
import { ClaimBody, LEASE_BODY_BYTES } from '../http/lease-request.ts';
import { grantedResponse } from '../http/lease-response.ts';
import { problem } from '../http/problem.ts';
import { readRequest } from '../http/read-request.ts';
import { jsonBody } from '../http/request-body.ts';
import { emptyAnswer } from '../http/response.ts';

/** `/v1/claims`: leases the next job that waits. */
export function claimRoutes(): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();

  routes.post('/v1/claims', async c => {
    const request = await readRequest(c, {
      body: jsonBody(ClaimBody, LEASE_BODY_BYTES),
      key: readIdempotencyKey,
    });
    if (!request.ok) return problem(c, request.failure);
    const { body, key } = request.value;
    const claimed = await c.env.leases.claim({
      holder: body.holder,
      ttlSeconds: body.ttl_seconds,
      jobName: body.job_name,
      jobPrefix: prefixOf(c),
      key,
      isGone: () => isClientGone(c),
    });
    if (!claimed.ok) return problem(c, claimed.failure);
    if (claimed.value === null) return emptyAnswer(c, { status: 204 });
    c.set('jobId', claimed.value.lease.job_id);
    return grantedResponse(c, claimed.value, c.env.leases.now());
  });

  return routes;
}
