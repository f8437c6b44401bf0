import { Hono } from 'hono';
import { allowsStatus } from '../http/access.ts';
import type { HttpEnv } from '../http/env.ts';
import { jobResponse, notModifiedResponse, savedResponse } from '../http/job-response.ts';
import { leaseTokenOf } from '../http/lease-token.ts';
import {
  isExpected,
  isKnown,
  preconditionOf,
  requiredPreconditionOf,
} from '../http/precondition.ts';
import { problem } from '../http/problem.ts';
import { readBody } from '../http/request-body.ts';
import { forceOf, jobIdOf } from '../http/request-params.ts';
import { emptyAnswer } from '../http/response.ts';

/** `/v1/jobs/{id}`: one job, read, saved and deleted whole. */
export function jobRoutes(): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();

  routes.get('/v1/jobs/:id', async c => {
    const jobId = jobIdOf(c);
    if (!jobId.ok) return problem(c, jobId.failure);
    const job = await c.env.jobs.load(jobId.value);
    // Preconditions count only where the answer would be a 200 without them.
    if (!job.ok) return problem(c, job.failure);
    const { version, zombie } = job.value;
    if (!isExpected(c, version)) {
      return problem(c, { code: 'version_conflict', jobId: jobId.value, current: version });
    }
    // The reader's copy of that version says that the job runs: time alone has changed it.
    if (zombie || !isKnown(c, version)) return jobResponse(c, job.value);
    return notModifiedResponse(c, version);
  });

  routes.put('/v1/jobs/:id', async c => {
    const jobId = jobIdOf(c);
    if (!jobId.ok) return problem(c, jobId.failure);
    const precondition = requiredPreconditionOf(c);
    if (!precondition.ok) return problem(c, precondition.failure);
    const token = await leaseTokenOf(c);
    if (!token.ok) return problem(c, token.failure);
    const body = await readBody(c, c.env.bodyLimitBytes);
    if (!body.ok) return problem(c, body.failure);
    const saved = await c.env.jobs.save(jobId.value, body.value, {
      precondition: precondition.value,
      token: token.value,
      allowStatus: allowsStatus(c),
    });
    if (!saved.ok) return problem(c, saved.failure);
    const { created } = saved.value;
    return savedResponse(c, saved.value, { status: created ? 201 : 200 });
  });

  routes.delete('/v1/jobs/:id', async c => {
    const jobId = jobIdOf(c);
    if (!jobId.ok) return problem(c, jobId.failure);
    const precondition = preconditionOf(c);
    if (!precondition.ok) return problem(c, precondition.failure);
    const token = await leaseTokenOf(c);
    if (!token.ok) return problem(c, token.failure);
    const force = forceOf(c);
    if (!force.ok) return problem(c, force.failure);
    const removed = await c.env.jobs.remove(jobId.value, {
      precondition: precondition.value,
      token: token.value,
      force: force.value,
    });
    return removed.ok ? emptyAnswer(c, { status: 204 }) : problem(c, removed.failure);
  });

  return routes;
}
