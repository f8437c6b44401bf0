import { Hono } from 'hono';
import { parseBody } from '../../lib/checkpoint/codec.ts';
import { LeaseRequest } from '../../lib/lease/lease.ts';
import type { Controlled } from '../../lib/protocol/control.ts';
import type { HttpContext, HttpEnv } from '../http/env.ts';
import { ControlBody, LEASE_BODY_BYTES, NothingBody } from '../http/lease-request.ts';
import { leaseJson, pacing } from '../http/lease-response.ts';
import { leaseTokenOf } from '../http/lease-token.ts';
import { entityTag } from '../http/precondition.ts';
import { problem } from '../http/problem.ts';
import { readOptionalBody } from '../http/request-body.ts';
import { forceOf, jobIdOf } from '../http/request-params.ts';
import { jsonResponse } from '../http/response.ts';

/**
 * `/v1/jobs/{id}/pause`, `/cancel`, `/fail`, `/resume`: 200 where it is done, 202 where the holder is
 * asked and hears of it with its next heartbeat.
 */
export function controlRoutes(): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();

  for (const request of LeaseRequest.options) {
    routes.post(`/v1/jobs/:id/${request}`, async c => {
      const jobId = jobIdOf(c);
      if (!jobId.ok) return problem(c, jobId.failure);
      const token = await leaseTokenOf(c);
      if (!token.ok) return problem(c, token.failure);
      const force = forceOf(c);
      if (!force.ok) return problem(c, force.failure);
      const body = await readOptionalBody(c, LEASE_BODY_BYTES);
      if (!body.ok) return problem(c, body.failure);
      const said = parseBody(body.value, ControlBody);
      if (!said.ok) return problem(c, said.failure);
      const controlled = await c.env.leases.request(jobId.value, request, {
        message: said.value.error_message,
        token: token.value,
        force: force.value,
      });
      if (!controlled.ok) return problem(c, controlled.failure);
      return controlledResponse(c, controlled.value);
    });
  }

  routes.post('/v1/jobs/:id/resume', async c => {
    const jobId = jobIdOf(c);
    if (!jobId.ok) return problem(c, jobId.failure);
    const body = await readOptionalBody(c, LEASE_BODY_BYTES);
    if (!body.ok) return problem(c, body.failure);
    const said = parseBody(body.value, NothingBody);
    if (!said.ok) return problem(c, said.failure);
    const resumed = await c.env.leases.resume(jobId.value);
    if (!resumed.ok) return problem(c, resumed.failure);
    return controlledResponse(c, resumed.value);
  });

  return routes;
}

function controlledResponse(c: HttpContext, controlled: Controlled): Response {
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
