import { Hono } from 'hono';
import type { HttpEnv } from './env.ts';
import { problem } from './problem.ts';
import { beginRequest, logRequest } from './request-log.ts';
import { responseOf } from './response.ts';

/** The application where settings are missing: it answers every request with `misconfigured`. */
export function createMisconfigured(): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.use(async (c, next) => {
    // There are no services, so a runtime calls this without any.
    c.env ??= {} as HttpEnv['Bindings'];
    const startedAt = beginRequest(c);
    await next();
    logRequest(c, c.res.status, performance.now() - startedAt);
  });
  app.all('*', c => responseOf(problem(c, { code: 'misconfigured' })));
  return app;
}
