import { Hono } from 'hono';
import { DEFAULT_SWEEP_LIMIT, MAX_SWEEP_LIMIT } from '../lib/sweep.ts';
import { allowsAll } from './access.ts';
import type { HttpEnv } from './http-env.ts';
import { jsonResponse } from './json.ts';
import { problem } from './problem.ts';
import { integerOf } from './request-query.ts';

/** `/v1/sweep`: one pass over the leases, now. */
export function sweepRoutes(): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();

  routes.post('/v1/sweep', async c => {
    const supported = c.env.leases.supported();
    if (!supported.ok) return problem(c, supported.failure);
    const allowed = allowsAll(c);
    if (!allowed.ok) return problem(c, allowed.failure);
    const limit = integerOf(c, 'limit', { max: MAX_SWEEP_LIMIT, otherwise: DEFAULT_SWEEP_LIMIT });
    if (!limit.ok) return problem(c, limit.failure);
    const report = await c.env.sweeper.sweep({
      cursor: c.req.query('cursor') ?? null,
      limit: limit.value,
    });
    if (!report.ok) return problem(c, report.failure);
    return jsonResponse(c, report.value);
  });

  return routes;
}
