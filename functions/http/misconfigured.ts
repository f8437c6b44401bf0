import { Hono } from 'hono';
import type { Failure } from '../../lib/failure.ts';
import type { HttpEnv } from './env.ts';
import { problem } from './problem.ts';
import { beginRequest, logRequest } from './request-log.ts';
import { responseOf } from './response.ts';

/** The application where settings are missing, or nothing else can answer: it answers every request with this failure. */
export function createMisconfigured(failure: Failure = { code: 'misconfigured' }): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.use(async (c, next) => {
    // There are no services, so a runtime calls this without any.
    c.env ??= {} as HttpEnv['Bindings'];
    const startedAt = beginRequest(c);
    await next();
    logRequest(c, c.res.status, performance.now() - startedAt);
  });
  app.all('*', c => responseOf(problem(c, failure)));
  return app;
}
