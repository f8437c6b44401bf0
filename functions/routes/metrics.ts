import { Hono } from 'hono';
import { checkFullAccess } from '../http/access.ts';
import type { HttpEnv } from '../http/env.ts';
import { problem } from '../http/problem.ts';
import { readRequest } from '../http/read-request.ts';
import { answer } from '../http/response.ts';
import { METRICS_TYPE } from '../metrics/text.ts';

/** `/metrics`: what Prometheus reads. The counts are of all jobs, so a token with a prefix does not get them. */
export function metricsRoutes(): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();

  routes.get('/metrics', async c => {
    const request = await readRequest(c, { access: checkFullAccess });
    if (!request.ok) return problem(c, request.failure);
    c.set('isRoutine', true);
    const text = (await c.env.metrics?.text()) ?? '';
    const headers = { 'Content-Type': METRICS_TYPE, 'Cache-Control': 'no-store' };
    return answer(c, text, { status: 200, headers });
  });

  return routes;
}
