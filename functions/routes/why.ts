import { Hono } from 'hono';
import type { HttpEnv } from '../http/env.ts';
import { leaseJson, pacing } from '../http/lease-response.ts';
import { entityTag } from '../http/precondition.ts';
import { problem } from '../http/problem.ts';
import { jobIdOf } from '../http/request-params.ts';
import { jsonResponse } from '../http/response.ts';

/** `/v1/jobs/{id}/why`: why the job stands where it stands. */
export function whyRoutes(): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();

  routes.get('/v1/jobs/:id/why', async c => {
    const jobId = jobIdOf(c);
    if (!jobId.ok) return problem(c, jobId.failure);
    const why = await c.env.leases.why(jobId.value);
    if (!why.ok) return problem(c, why.failure);
    const { version, lease, falseAlarms, serverTime, ...told } = why.value;
    const { summary, evidence, since, next, safe, ...facts } = told;
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
    // Time alone changes the answer: the version is of the job that it is about.
    const headers = { ETag: entityTag(version), 'Cache-Control': 'no-store' };
    return jsonResponse(c, answer, { headers });
  });

  return routes;
}
