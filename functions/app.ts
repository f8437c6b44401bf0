import { type Handler, Hono } from 'hono';
import { StoreError } from '../lib/store.ts';
import { requireAccess } from './http/access.ts';
import { admit } from './http/admission.ts';
import { allowOrigins } from './http/cors.ts';
import type { HttpEnv, Services } from './http/env.ts';
import { refuseMalformed } from './http/malformed-request.ts';
import { problem } from './http/problem.ts';
import { logError, logRequests } from './http/request-log.ts';
import { requireKnownQuery } from './http/request-params.ts';
import { OPEN_RESOURCES, parametersOf, RESOURCES, scopeOf } from './http/resources.ts';
import { claimRoutes } from './routes/claims.ts';
import { controlRoutes } from './routes/control.ts';
import { heartbeatRoutes } from './routes/heartbeats.ts';
import { jobRoutes } from './routes/job.ts';
import { jobsRoutes } from './routes/jobs.ts';
import { leaseRoutes } from './routes/lease.ts';
import { doctorRoutes, healthRoutes, sweepRoutes } from './routes/operations.ts';
import { nextSheetRoutes, sheetRoutes } from './routes/sheets.ts';
import { updateRoutes } from './routes/updates.ts';
import { whyRoutes } from './routes/why.ts';

/** The application, the same for all runtimes. Its services come with each request, as `env`. */
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
  app.route('/', updateRoutes());
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

/** The application with its services, for a runtime that has the same services for all requests. */
export function createFetch(services: Services): (request: Request) => Promise<Response> {
  const app = createApp();
  return async request => app.fetch(request, services);
}

function methodNotAllowed(allow: readonly string[]): Handler<HttpEnv> {
  return c => problem(c, { code: 'method_not_allowed', allow });
}
