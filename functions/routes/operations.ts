import { Hono } from 'hono';
import { DEFAULT_SWEEP_LIMIT, MAX_SWEEP_LIMIT } from '../../lib/sweep/sweeper.ts';
import { allowsAll } from '../http/access.ts';
import type { HttpEnv } from '../http/env.ts';
import { problem } from '../http/problem.ts';
import { logError } from '../http/request-log.ts';
import { integerOf } from '../http/request-params.ts';
import { jsonResponse } from '../http/response.ts';

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

const MAX_LIST_KEYS = 10_000;

/** `/v1/doctor`: what the store really does, probed. */
export function doctorRoutes(): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();

  routes.post('/v1/doctor', async c => {
    const allowed = allowsAll(c);
    if (!allowed.ok) return problem(c, allowed.failure);
    const listKeys = integerOf(c, 'list_keys', { max: MAX_LIST_KEYS, otherwise: c.env.doctorKeys });
    if (!listKeys.ok) return problem(c, listKeys.failure);
    return jsonResponse(c, await c.env.doctor.examine({ listKeys: listKeys.value }));
  });

  return routes;
}

/** `/healthz`: the process answers. `/readyz`: its store can be read and written, and what may be had of it. */
export function healthRoutes(): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();

  routes.get('/healthz', c => jsonResponse(c, { status: 'ok' }));

  routes.get('/readyz', async c => {
    const { store, leases, limits, writeFault } = await c.env.health.check();
    if (writeFault !== null) {
      logError(c, writeFault);
      return problem(c, { code: 'store_unavailable', retryAfterSeconds: 5, lacks: 'writes' });
    }
    return jsonResponse(c, { status: 'ready', store, leases, limits });
  });

  return routes;
}
