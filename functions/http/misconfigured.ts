import { Hono } from 'hono';
import type { HttpEnv } from './env.ts';
import { problem } from './problem.ts';
import { beginRequest, logRequest } from './request-log.ts';

/** The application where settings are missing: it answers every request with `misconfigured`. */
export function createMisconfigured(): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.use(async (c, next) => {
    const startedAt = beginRequest(c);
    await next();
    logRequest(c, startedAt);
  });
  app.all('*', c => problem(c, { code: 'misconfigured' }));
  return app;
}
