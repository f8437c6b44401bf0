import { Hono } from 'hono';
import { allowsAll } from './access.ts';
import type { HttpEnv } from './http-env.ts';
import { jsonResponse } from './json.ts';
import { problem } from './problem.ts';
import { integerOf } from './request-query.ts';

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
