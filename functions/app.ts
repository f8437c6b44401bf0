import { type Handler, Hono, type MiddlewareHandler, type Next } from 'hono';
import { StoreError } from '../lib/store.ts';
import { requireAccess } from './http/access.ts';
import { admit, leave } from './http/admission.ts';
import { type Check, firstRefusal } from './http/check.ts';
import { allowOrigins } from './http/cors.ts';
import type { HttpContext, HttpEnv, Services } from './http/env.ts';
import { refuseMalformed } from './http/malformed-request.ts';
import { problem } from './http/problem.ts';
import { beginRequest, logError, logRequest, observeRequest } from './http/request-log.ts';
import { requireKnownQuery } from './http/request-params.ts';
import {
  HEALTH_RESOURCES,
  type Methods,
  OPEN_RESOURCES,
  PAGE_RESOURCES,
  parametersOf,
  RESOURCES,
  scopeOf,
} from './http/resources.ts';
import { bulkRoutes } from './routes/bulk.ts';
import { claimRoutes } from './routes/claims.ts';
import { controlRoutes } from './routes/control.ts';
import { heartbeatRoutes } from './routes/heartbeats.ts';
import { jobRoutes } from './routes/job.ts';
import { jobsRoutes } from './routes/jobs.ts';
import { leaseRoutes } from './routes/lease.ts';
import { metricsRoutes } from './routes/metrics.ts';
import { doctorRoutes, healthRoutes, sweepRoutes } from './routes/operations.ts';
import { pageRoutes } from './routes/pages.ts';
import { presenceRoutes } from './routes/presence.ts';
import { nextSheetRoutes, sheetRoutes } from './routes/sheets.ts';
import { statsRoutes } from './routes/stats.ts';
import { updateRoutes } from './routes/updates.ts';
import { whyRoutes } from './routes/why.ts';

/** The application, the same for all runtimes. Its services come with each request, as `env`. */
export function createApp(): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.use((c, next) => serveRequest(c, next));
  for (const [path, methods] of Object.entries(RESOURCES)) {
    app.use(
      path,
      guard(path, [requireAccess(c => scopeOf(c, methods)), knownQuery(path, methods)]),
    );
  }
  for (const [path, methods] of Object.entries(HEALTH_RESOURCES)) {
    app.use(path, guard(path, [knownQuery(path, methods)]));
  }
  for (const path of Object.keys(PAGE_RESOURCES)) app.use(path, guard(path, []));
  app.route('/', jobsRoutes());
  app.route('/', jobRoutes());
  app.route('/', sheetRoutes());
  app.route('/', nextSheetRoutes());
  app.route('/', leaseRoutes());
  app.route('/', claimRoutes());
  app.route('/', heartbeatRoutes());
  app.route('/', updateRoutes());
  app.route('/', presenceRoutes());
  app.route('/', controlRoutes());
  app.route('/', bulkRoutes());
  app.route('/', whyRoutes());
  app.route('/', statsRoutes());
  app.route('/', sweepRoutes());
  app.route('/', doctorRoutes());
  app.route('/', healthRoutes());
  app.route('/', metricsRoutes());
  app.route('/', pageRoutes());
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

/** What is done for every request. It is one middleware, because each takes several promises. */
async function serveRequest(c: HttpContext, next: Next): Promise<void> {
  const startedAt = beginRequest(c);
  try {
    const refusal = await firstRefusal(c, [allowOrigins, refuseMalformed, admit]);
    if (refusal === null) await next();
    else c.res = refusal;
  } finally {
    leave(c);
  }
  const durationMs = performance.now() - startedAt;
  observeRequest(c, durationMs);
  logRequest(c, durationMs);
}

/** Notes the resource, and runs the route only for requests that no check refuses. */
function guard(path: string, checks: readonly Check[]): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    c.set('route', path);
    const checked = firstRefusal(c, checks);
    // To await a value that is already there would still cost a microtask.
    const refusal = checked instanceof Promise ? await checked : checked;
    return refusal ?? next();
  };
}

function knownQuery(path: string, methods: Methods): Check {
  return requireKnownQuery(c =>
    Object.hasOwn(methods, c.req.method) ? parametersOf(path, c.req.method) : null,
  );
}

function methodNotAllowed(allow: readonly string[]): Handler<HttpEnv> {
  return c => problem(c, { code: 'method_not_allowed', allow });
}
