import { Hono } from 'hono';
import type { HttpEnv } from './env.ts';
import { problem } from './problem.ts';
import { logRequests } from './request-log.ts';

/** The application where settings are missing: it answers every request with `misconfigured`. */
export function createMisconfigured(): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.use(logRequests);
  app.all('*', c => problem(c, { code: 'misconfigured' }));
  return app;
}
