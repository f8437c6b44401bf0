import { type Handler, Hono } from 'hono';
import { StoreError } from '../lib/store.ts';
import { requireAccess } from './access.ts';
import { admit } from './admission.ts';
import { claimRoutes } from './claims.ts';
import { controlRoutes } from './control.ts';
import { allowOrigins } from './cors.ts';
import { doctorRoutes } from './doctor.ts';
import { healthRoutes } from './health.ts';
import { heartbeatRoutes } from './heartbeats.ts';
import type { HttpEnv, Services } from './http-env.ts';
import { jobRoutes } from './job.ts';
import { jobsRoutes } from './jobs.ts';
import { leaseRoutes } from './lease.ts';
import { refuseMalformed } from './malformed-request.ts';
import { nextSheetRoutes } from './next-sheet.ts';
import { problem } from './problem.ts';

import { logError, logRequests } from './request-log.ts';
import { requireKnownQuery } from './request-query.ts';
import { OPEN_RESOURCES, parametersOf, RESOURCES, scopeOf } from './resources.ts';
import { sheetRoutes } from './sheets.ts';
import { sweepRoutes } from './sweep.ts';
import { whyRoutes } from './why.ts';

/** The one application of all runtimes. What it works with comes with each request, as its `env`. */
export function createApp(): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.use(logRequests);
  app.use(allowOrigins);
  app.use(refuseMalformed);
  app.use(admit);
  for (const [path, methods] of Object.entries(RESOURCES)) {
    app.use(
      path,
      requireAccess(c => scopeOf(c, methods)),
    );
  }
  for (const [path, methods] of Object.entries({ ...RESOURCES, ...OPEN_RESOURCES })) {
    app.use(
      path,
      requireKnownQuery(c =>
        Object.hasOwn(methods, c.req.method) ? parametersOf(path, c.req.method) : null,
      ),
    );
  }
  app.route('/', jobsRoutes());
  app.route('/', jobRoutes());
  app.route('/', sheetRoutes());
  app.route('/', nextSheetRoutes());
  app.route('/', leaseRoutes());
  app.route('/', claimRoutes());
  app.route('/', heartbeatRoutes());
  app.route('/', controlRoutes());
  app.route('/', whyRoutes());
  app.route('/', sweepRoutes());
  app.route('/', doctorRoutes());
  app.route('/', healthRoutes());
  for (const [path, methods] of Object.entries({ ...RESOURCES, ...OPEN_RESOURCES })) {
    app.all(path, methodNotAllowed(Object.keys(methods)));
  }
  app.notFound(c => problem(c, { code: 'not_found', path: c.req.path }));
  app.onError((error, c) => {
    logError(c, error);
    if (!(error instanceof StoreError)) return problem(c, { code: 'internal' });
    return problem(c, { code: 'store_unavailable', retryAfterSeconds: 1 });
  });
  return app;
}

/** The application with what it works with, for who has the same for all requests. */
export function createFetch(services: Services): (request: Request) => Promise<Response> {
  const app = createApp();
  return async request => app.fetch(request, services);
}

function methodNotAllowed(allow: readonly string[]): Handler<HttpEnv> {
  return c => problem(c, { code: 'method_not_allowed', allow });
}
