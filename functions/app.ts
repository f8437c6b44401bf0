import { type Context, type Handler, Hono, type MiddlewareHandler } from 'hono';
import type { HttpEnv, Services } from './http/env.ts';
import { problem } from './http/problem.ts';
import { OPEN_RESOURCES, RESOURCES } from './http/resources.ts';
import { responseOf } from './http/response.ts';
import { answerPlainRequest } from './plain/plain-request.ts';
import { bulkRoutes } from './routes/bulk.ts';
import { claimRoutes } from './routes/claims.ts';
import { controlRoutes } from './routes/control.ts';
import { heartbeatRoutes } from './routes/heartbeats.ts';
import { jobRoutes } from './routes/job.ts';
import { jobsRoutes } from './routes/jobs.ts';
import { leaseRoutes } from './routes/lease.ts';
import { metricsRoutes } from './routes/metrics.ts';
import { objectRoutes } from './routes/objects.ts';
import { doctorRoutes, healthRoutes, moveRoutes, sweepRoutes } from './routes/operations.ts';
import { pageRoutes } from './routes/pages.ts';
import { presenceRoutes } from './routes/presence.ts';
import { nextSheetRoutes, sheetRoutes } from './routes/sheets.ts';
import { statsRoutes } from './routes/stats.ts';
import { updateRoutes } from './routes/updates.ts';
import { whyRoutes } from './routes/why.ts';
import { forwardPresence, forwardRequest, isOfPresence, meetsAtJob } from './serving/forwarding.ts';
import { GUARDS, type Guard, refusalBy } from './serving/guard.ts';
import type { Route } from './serving/routes.ts';
import { errorAnswer, serve } from './serving/serve.ts';

const ROUTES = [
  jobsRoutes(),
  jobRoutes(),
  sheetRoutes(),
  nextSheetRoutes(),
  leaseRoutes(),
  claimRoutes(),
  heartbeatRoutes(),
  updateRoutes(),
  presenceRoutes(),
  controlRoutes(),
  bulkRoutes(),
  whyRoutes(),
  statsRoutes(),
  sweepRoutes(),
  doctorRoutes(),
  moveRoutes(),
  objectRoutes(),
  healthRoutes(),
  metricsRoutes(),
  pageRoutes(),
].flatMap(({ all }) => all);

/** The application, the same for all runtimes. Its services come with each request, as `env`. */
export function createApp(): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  // One middleware for everything, because each takes several promises.
  app.use((c, next) => serve(c, { run: () => finished(c, next), refused: responseOf }));
  for (const guard of GUARDS) app.use(guard.path, guarding(guard));
  for (const route of ROUTES) app.on(route.method, route.path, handling(route));
  for (const [path, methods] of Object.entries({ ...RESOURCES, ...OPEN_RESOURCES })) {
    app.all(path, methodNotAllowed(Object.keys(methods)));
  }
  app.notFound(c => responseOf(problem(c, { code: 'not_found', path: c.req.path })));
  app.onError((error, c) => responseOf(errorAnswer(c, error)));
  return app;
}

/** The application with its services, for a runtime that has the same services for all requests. */
export function createFetch(services: Services): (request: Request) => Promise<Response> {
  const app = createApp();
  return async request => answerPlainRequest(request, services) ?? app.fetch(request, services);
}

/** What the rest of the application makes of a request. */
async function finished(c: Context<HttpEnv>, next: () => Promise<void>): Promise<Response> {
  await next();
  return c.res;
}

/** Runs the route only for requests that no check refuses. */
function guarding(guard: Guard): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    const checked = refusalBy(guard, c);
    // To await a value that is already there would still cost a microtask.
    const refusal = checked instanceof Promise ? await checked : checked;
    return refusal === null ? next() : responseOf(refusal);
  };
}

function handling(route: Route): Handler<HttpEnv> {
  const isForwarded = meetsAtJob(route);
  const isPresence = isOfPresence(route);
  return async c => {
    const { forward, forwardPresence: toStreams } = c.env;
    if (isPresence && toStreams !== undefined) return forwardPresence(c, toStreams);
    const forwarded =
      isForwarded && forward !== undefined ? await forwardRequest(c, forward) : null;
    return forwarded ?? responseOf(await route.handle(c));
  };
}

function methodNotAllowed(allow: readonly string[]): Handler<HttpEnv> {
  return c => responseOf(problem(c, { code: 'method_not_allowed', allow }));
}
