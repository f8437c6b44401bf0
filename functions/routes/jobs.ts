import { targetOf } from '../../lib/keys/job-id.ts';
import type { Jobs } from '../../lib/service/jobs.ts';
import type { JobSummary } from '../../lib/storage/job-summary.ts';
import { checkJobAccess, statusRuleOf } from '../http/access.ts';
import { readIdempotencyKey } from '../http/idempotency.ts';
import { savedResponse } from '../http/job-response.ts';
import { readListQuery } from '../http/list/query.ts';
import { listResponse } from '../http/list/response.ts';
import { problem } from '../http/problem.ts';
import { readRequest } from '../http/read-request.ts';
import { readStateBody } from '../http/request-body.ts';
import { answer, JSON_TYPE } from '../http/response.ts';
import { createRoutes, type Routes } from '../serving/routes.ts';

/** `/v1/jobs`: lists the jobs, and creates one. */
export function jobsRoutes(): Routes {
  const routes = createRoutes();

  routes.post('/v1/jobs', async c => {
    const request = await readRequest(c, { body: readStateBody, key: readIdempotencyKey });
    if (!request.ok) return problem(c, request.failure);
    const { body, key } = request.value;
    const created = await c.env.jobs.create(body, {
      allow: (jobId, status) => {
        const access = checkJobAccess(c, jobId);
        return access.ok ? statusRuleOf(c)(null, status) : access;
      },
      key,
    });
    if (!created.ok) return problem(c, created.failure);
    const { jobId } = created.value;
    c.set('jobId', jobId);
    const headers = { Location: `/v1/jobs/${encodeURIComponent(jobId)}` };
    return savedResponse(c, created.value, { status: 201, headers });
  });

  routes.get('/v1/jobs', async c => {
    const request = await readRequest(c, { list: readListQuery });
    if (!request.ok) return problem(c, request.failure);
    const { query, view } = request.value.list;
    if (view !== 'full') return listResponse(c, await c.env.jobs.openList(query, view), view);
    const page = await c.env.jobs.list(query);
    if (!page.ok) return problem(c, page.failure);
    const { corrupt, nextCursor } = page.value;
    const rest = JSON.stringify({ corrupt, next_cursor: nextCursor }).slice(1);
    const text = fullPage(c.env.jobs, page.value.jobs, rest);
    const headers = { 'Content-Type': JSON_TYPE };
    return answer(c, streamOf(text), { status: 200, headers });
  });

  return routes;
}

/**
 * The text of a page with whole states, read one after the other: together they may be larger than memory. A job
 * that is gone or corrupt since the list was made is left out.
 */
async function* fullPage(
  jobs: Jobs,
  page: readonly JobSummary[],
  rest: string,
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  let separator = '{"jobs":[';
  for (const summary of page) {
    const target = targetOf(summary.job_id, '/job_id');
    const job = target.ok ? await jobs.load(target.value) : target;
    if (!job.ok) continue;
    yield encoder.encode(separator);
    yield job.value.body;
    separator = ',';
  }
  yield encoder.encode(`${separator === ',' ? '' : separator}],${rest}`);
}

function streamOf(chunks: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await chunks.return(undefined);
    },
  });
}
