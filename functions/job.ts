import { Hono } from 'hono';
import type { Jobs } from '../lib/jobs.ts';
import type { HttpEnv } from './http-env.ts';
import { jobResponse, savedResponse } from './json.ts';
import { entityTag, expectationOf, knowsVersion, requiredExpectationOf } from './precondition.ts';
import { problem } from './problem.ts';
import { readBody } from './request-body.ts';
import { jobIdOf } from './request-path.ts';

/** `/v1/jobs/{id}`: one job, read, saved and deleted whole. */
export function jobRoutes(jobs: Jobs, bodyLimitBytes: number): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();

  routes.get('/v1/jobs/:id', async c => {
    const jobId = jobIdOf(c);
    if (!jobId.ok) return problem(c, jobId.failure);
    const ifNoneMatch = c.req.header('if-none-match');
    if (ifNoneMatch !== undefined) {
      const version = await jobs.version(jobId.value);
      if (version.ok && version.value !== null && knowsVersion(ifNoneMatch, version.value)) {
        return c.body(null, 304, { ETag: entityTag(version.value) });
      }
    }
    const job = await jobs.load(jobId.value);
    return job.ok ? jobResponse(c, job.value) : problem(c, job.failure);
  });

  routes.put('/v1/jobs/:id', async c => {
    const jobId = jobIdOf(c);
    if (!jobId.ok) return problem(c, jobId.failure);
    const expectation = requiredExpectationOf(c);
    if (!expectation.ok) return problem(c, expectation.failure);
    const body = await readBody(c, bodyLimitBytes);
    if (!body.ok) return problem(c, body.failure);
    const saved = await jobs.save(jobId.value, body.value, expectation.value);
    if (!saved.ok) return problem(c, saved.failure);
    const { created } = saved.value;
    return savedResponse(c, saved.value, { status: created ? 201 : 200 });
  });

  routes.delete('/v1/jobs/:id', async c => {
    const jobId = jobIdOf(c);
    if (!jobId.ok) return problem(c, jobId.failure);
    const expectation = expectationOf(c);
    if (!expectation.ok) return problem(c, expectation.failure);
    const removed = await jobs.remove(jobId.value, expectation.value);
    return removed.ok ? c.body(null, 204) : problem(c, removed.failure);
  });

  return routes;
}
