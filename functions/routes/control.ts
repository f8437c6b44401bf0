import { LeaseRequest } from '../../lib/lease/lease.ts';
import type { ControlOutcome } from '../../lib/protocol/control.ts';
import { callerOf } from '../http/access.ts';
import type { HttpContext } from '../http/env.ts';
import { ControlBody, EmptyBody, LEASE_BODY_BYTES } from '../http/lease-request.ts';
import { leaseJson, pacing } from '../http/lease-response.ts';
import { readLeaseToken } from '../http/lease-token.ts';
import { entityTag } from '../http/precondition.ts';
import { problem } from '../http/problem.ts';
import { readRequest } from '../http/read-request.ts';
import { optionalJsonBody } from '../http/request-body.ts';
import { readForce, readTarget } from '../http/request-params.ts';
import { type Answer, jsonResponse } from '../http/response.ts';
import { createRoutes, type Routes } from '../serving/routes.ts';

/**
 * `/v1/jobs/{id}/pause`, `/cancel`, `/fail`, `/resume`, `/complete`: 200 where it is done at once, 202 where the holder
 * gets the request with the answer to its next heartbeat. A completion never waits for the holder.
 */
export function controlRoutes(): Routes {
  const routes = createRoutes();

  for (const action of LeaseRequest.options) {
    routes.post(`/v1/jobs/:id/${action}`, async c => {
      const request = await readRequest(c, {
        target: readTarget,
        token: readLeaseToken,
        force: readForce,
        body: optionalJsonBody(ControlBody, LEASE_BODY_BYTES),
      });
      if (!request.ok) return problem(c, request.failure);
      const { target, token, force, body } = request.value;
      const { error_message: message } = body;
      const options = { message, token, force, by: callerOf(c) };
      const controlled = await c.env.leases.request(target, action, options);
      if (!controlled.ok) return problem(c, controlled.failure);
      return controlledResponse(c, controlled.value);
    });
  }

  routes.post('/v1/jobs/:id/resume', async c => {
    const request = await readRequest(c, {
      target: readTarget,
      body: optionalJsonBody(EmptyBody, LEASE_BODY_BYTES),
    });
    if (!request.ok) return problem(c, request.failure);
    const resumed = await c.env.leases.resume(request.value.target, { by: callerOf(c) });
    if (!resumed.ok) return problem(c, resumed.failure);
    return controlledResponse(c, resumed.value);
  });

  routes.post('/v1/jobs/:id/complete', async c => {
    const request = await readRequest(c, {
      target: readTarget,
      token: readLeaseToken,
      force: readForce,
      body: optionalJsonBody(EmptyBody, LEASE_BODY_BYTES),
    });
    if (!request.ok) return problem(c, request.failure);
    const { target, token, force } = request.value;
    const completed = await c.env.leases.complete(target, { token, force, by: callerOf(c) });
    if (!completed.ok) return problem(c, completed.failure);
    return controlledResponse(c, completed.value);
  });

  return routes;
}

function controlledResponse(c: HttpContext, controlled: ControlOutcome): Answer {
  const { state, version } = controlled.job;
  const { job_id, status } = state;
  const headers = { ETag: entityTag(version) };
  if (controlled.kind === 'done') {
    return jsonResponse(c, { job_id, status, requested: null }, { headers });
  }
  const { lease } = controlled;
  const answer = {
    job_id,
    status,
    requested: lease.requested,
    lease: leaseJson(lease),
    ...pacing(lease, c.env.leases.now()),
  };
  return jsonResponse(c, answer, { status: 202, headers });
}
