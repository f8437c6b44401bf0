import { Hono } from 'hono';
import type { HttpEnv } from './http-env.ts';
import { jsonResponse } from './json.ts';
import { entityTag } from './precondition.ts';
import { problem } from './problem.ts';
import { jobIdOf } from './request-path.ts';

/** `/v1/jobs/{id}/next-sheet`: where to go on. */
export function nextSheetRoutes(): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();

  routes.get('/v1/jobs/:id/next-sheet', async c => {
    const jobId = jobIdOf(c);
    if (!jobId.ok) return problem(c, jobId.failure);
    const next = await c.env.jobs.nextSheet(jobId.value);
    if (!next.ok) return problem(c, next.failure);
    const { nextSheet, attempt, version } = next.value;
    const answer = { next_sheet: nextSheet, exists: version !== null, attempt };
    return jsonResponse(
      c,
      answer,
      version === null ? {} : { headers: { ETag: entityTag(version) } },
    );
  });

  return routes;
}
