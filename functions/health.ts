import { Hono } from 'hono';
import type { HttpEnv } from './http-env.ts';
import { jsonResponse } from './json.ts';

/** `/healthz`: the process answers. `/readyz`: its store does too. */
export function healthRoutes(): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();

  routes.get('/healthz', c => jsonResponse(c, { status: 'ok' }));

  routes.get('/readyz', async c => {
    const store = await c.env.jobs.probe();
    return jsonResponse(c, { status: 'ready', store });
  });

  return routes;
}
