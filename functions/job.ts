import { Hono } from 'hono';
import type { Jobs } from '../lib/jobs.ts';
import { emptyAnswer } from './answer.ts';
import type { HttpEnv } from './http-env.ts';
import { jobResponse, notModifiedResponse, savedResponse } from './json.ts';
import { expectationOf, isExpected, isKnown, requiredExpectationOf } from './precondition.ts';
import { problem } from './problem.ts';
import { readBody } from './request-body.ts';
import { jobIdOf } from './request-path.ts';

/** `/v1/jobs/{id}`: one job, read, saved and deleted whole. */
export function jobRoutes(jobs: Jobs, bodyLimitBytes: number): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();

  routes.get('/v1/jobs/:id', async c => {
    const jobId = jobIdOf(c);
    if (!jobId.ok) return problem(c, jobId.failure);
    const job = await jobs.load(jobId.value);
    // Preconditions count only where the answer would be a 200 without them.
    if (!job.ok) return problem(c, job.failure);
    const { version } = job.value;
    if (!isExpected(c, version)) {
      return problem(c, { code: 'version_conflict', jobId: jobId.value, current: version });
    }
    return isKnown(c, version) ? notModifiedResponse(c, version) : jobResponse(c, job.value);
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
    return removed.ok ? emptyAnswer(c, { status: 204 }) : problem(c, removed.failure);
  });

  return routes;
}
