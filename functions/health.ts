import { Hono } from 'hono';
import type { HttpEnv } from './http-env.ts';
import { jsonResponse } from './json.ts';

/** `/healthz`: the process answers. `/readyz`: its store does too, and what may be had of it. */
export function healthRoutes(): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();

  routes.get('/healthz', c => jsonResponse(c, { status: 'ok' }));

  routes.get('/readyz', async c => {
    const { store, leases, limits } = await c.env.health.check();
    return jsonResponse(c, { status: 'ready', store, leases, limits });
  });

  return routes;
}
