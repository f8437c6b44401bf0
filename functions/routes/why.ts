import { leaseJson, pacing } from '../http/lease-response.ts';
import { entityTag } from '../http/precondition.ts';
import { problem } from '../http/problem.ts';
import { readRequest } from '../http/read-request.ts';
import { readTarget } from '../http/request-params.ts';
import { jsonResponse } from '../http/response.ts';
import { createRoutes, type Routes } from '../serving/routes.ts';

/** `/v1/jobs/{id}/why`: what the job waits for, and the evidence. */
export function whyRoutes(): Routes {
  const routes = createRoutes();

  routes.get('/v1/jobs/:id/why', async c => {
    const request = await readRequest(c, { target: readTarget });
    if (!request.ok) return problem(c, request.failure);
    const why = await c.env.leases.why(request.value.target);
    if (!why.ok) return problem(c, why.failure);
    const { version, lease, falseAlarms, serverTime, ...explanation } = why.value;
    const { summary, evidence, since, next, safe, ...facts } = explanation;
    const answer = {
      ...facts,
      since,
      summary,
      evidence,
      next,
      safe,
      requested: lease?.requested ?? null,
      lease: lease === null ? null : leaseJson(lease),
      false_alarms: falseAlarms,
      ...(lease === null ? { server_time: serverTime } : pacing(lease, serverTime)),
    };
    // The tag is the version of the job. The answer also changes with time alone, so no cache may keep it.
    const headers = { ETag: entityTag(version), 'Cache-Control': 'no-store' };
    return jsonResponse(c, answer, { headers });
  });

  return routes;
}
