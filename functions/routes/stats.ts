import { prefixOf } from '../http/access.ts';
import { jsonResponse } from '../http/response.ts';
import { createRoutes, type Routes } from '../serving/routes.ts';

const DEFAULT_POLL_SECONDS = 5;

/** `/v1/stats`: how many jobs there are, and what this process knows of its store and of itself. */
export function statsRoutes(): Routes {
  const routes = createRoutes();

  routes.get('/v1/stats', async c => {
    const { server_time, ...stats } = await c.env.stats.read(prefixOf(c));
    const poll_seconds = c.env.pollSeconds ?? DEFAULT_POLL_SECONDS;
    // The counts change with time alone, so no cache may keep them.
    const headers = { 'Cache-Control': 'no-store' };
    return jsonResponse(c, { ...stats, poll_seconds, server_time }, { headers });
  });

  return routes;
}
