import { Hono } from 'hono';
import type { Jobs } from '../lib/jobs.ts';
import type { HttpContext, HttpEnv } from './http-env.ts';
import { jobResponse } from './json.ts';
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
    const status = saved.value.created ? 201 : 200;
    if (!prefersMinimal(c)) return jobResponse(c, saved.value, { status });
    const headers = {
      ETag: entityTag(saved.value.version),
      'Preference-Applied': 'return=minimal',
    };
    return c.body(null, saved.value.created ? 201 : 204, headers);
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

/** RFC 7240: who saves megabytes need not get them back. */
function prefersMinimal(c: HttpContext): boolean {
  return /(?:^|[,;\s])return=minimal(?:$|[,;\s])/i.test(c.req.header('prefer') ?? '');
}
