import { Hono } from 'hono';
import type { HttpEnv } from './http-env.ts';
import { jsonResponse } from './json.ts';
import { problem } from './problem.ts';
import { logError } from './request-log.ts';

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
