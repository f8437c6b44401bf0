import { isClientGone, readIdempotencyKey } from '../http/idempotency.ts';
import { HeartbeatBody, LEASE_BODY_BYTES, LeaseBody } from '../http/lease-request.ts';
import { grantedResponse, leaseJson, pacing } from '../http/lease-response.ts';
import { readRequiredLeaseToken } from '../http/lease-token.ts';
import { entityTag } from '../http/precondition.ts';
import { problem } from '../http/problem.ts';
import { readRequest } from '../http/read-request.ts';
import { jsonBody, optionalJsonBody } from '../http/request-body.ts';
import { readTarget } from '../http/request-params.ts';
import { emptyAnswer, jsonResponse } from '../http/response.ts';
import { createRoutes, type Routes } from '../serving/routes.ts';

/** `/v1/jobs/{id}/lease`: acquired, renewed by heartbeat, released. */
export function leaseRoutes(): Routes {
  const routes = createRoutes();

  routes.post('/v1/jobs/:id/lease', async c => {
    const request = await readRequest(c, {
      target: readTarget,
      body: jsonBody(LeaseBody, LEASE_BODY_BYTES),
      key: readIdempotencyKey,
    });
    if (!request.ok) return problem(c, request.failure);
    const { target, body, key } = request.value;
    const granted = await c.env.leases.acquire(target, {
      holder: body.holder,
      ttlSeconds: body.ttl_seconds,
      key,
      isGone: () => isClientGone(c),
    });
    if (!granted.ok) return problem(c, granted.failure);
    return grantedResponse(c, granted.value, { now: c.env.leases.now() });
  });

  routes.put('/v1/jobs/:id/lease', async c => {
    const request = await readRequest(c, {
      target: readTarget,
      token: readRequiredLeaseToken,
      body: optionalJsonBody(HeartbeatBody, LEASE_BODY_BYTES),
    });
    if (!request.ok) return problem(c, request.failure);
    const { target, token, body } = request.value;
    const { progress, sheet, ttl_seconds: ttlSeconds } = body;
    const renewed = await c.env.leases.renew(token, target, { progress, sheet, ttlSeconds });
    if (!renewed.ok) return problem(c, renewed.failure);
    const lease = renewed.value;
    return jsonResponse(c, {
      lease: leaseJson(lease),
      requested: lease.requested,
      ...pacing(lease, c.env.leases.now()),
    });
  });

  routes.delete('/v1/jobs/:id/lease', async c => {
    const request = await readRequest(c, { target: readTarget, token: readRequiredLeaseToken });
    if (!request.ok) return problem(c, request.failure);
    const { target, token } = request.value;
    const released = await c.env.leases.release(target, token);
    if (!released.ok) return problem(c, released.failure);
    return emptyAnswer(c, { status: 204, headers: { ETag: entityTag(released.value) } });
  });

  return routes;
}
