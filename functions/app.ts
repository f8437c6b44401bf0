import { type Handler, Hono } from 'hono';
import type { Repository } from '../lib/repository.ts';
import { StoreError } from '../lib/store.ts';
import { claimRoutes } from './claims.ts';
import { controlRoutes } from './control.ts';
import { healthRoutes } from './health.ts';
import { heartbeatRoutes } from './heartbeats.ts';
import type { HttpEnv } from './http-env.ts';
import { jobRoutes } from './job.ts';
import { jobsRoutes } from './jobs.ts';
import { leaseRoutes } from './lease.ts';
import { nextSheetRoutes } from './next-sheet.ts';
import { problem } from './problem.ts';
import { logError, logRequests } from './request-log.ts';
import { sheetRoutes } from './sheets.ts';
import { sweepRoutes } from './sweep.ts';
import { whyRoutes } from './why.ts';

export interface AppOptions {
  readonly repository: Repository;
  /** The largest body that is read. */
  readonly bodyLimitBytes: number;
}

/** What every resource answers; the rest of its methods are a 405. */
const METHODS = {
  '/v1/jobs': ['GET', 'HEAD', 'POST'],
  '/v1/jobs/:id': ['GET', 'HEAD', 'PUT', 'DELETE'],
  '/v1/jobs/:id/sheets/:n': ['PUT'],
  '/v1/jobs/:id/next-sheet': ['GET', 'HEAD'],
  '/v1/jobs/:id/lease': ['POST', 'PUT', 'DELETE'],
  '/v1/jobs/:id/pause': ['POST'],
  '/v1/jobs/:id/resume': ['POST'],
  '/v1/jobs/:id/cancel': ['POST'],
  '/v1/jobs/:id/fail': ['POST'],
  '/v1/jobs/:id/why': ['GET', 'HEAD'],
  '/v1/claims': ['POST'],
  '/v1/heartbeats': ['POST'],
  '/v1/sweep': ['POST'],
  '/healthz': ['GET', 'HEAD'],
  '/readyz': ['GET', 'HEAD'],
} as const;

/** The one application of all runtimes. */
export function createApp({ repository, bodyLimitBytes }: AppOptions): Hono<HttpEnv> {
  const { jobs, leases, sweeper } = repository;
  const app = new Hono<HttpEnv>();
  app.use(logRequests);
  app.route('/', jobsRoutes(jobs, bodyLimitBytes));
  app.route('/', jobRoutes(jobs, bodyLimitBytes));
  app.route('/', sheetRoutes(jobs, bodyLimitBytes));
  app.route('/', nextSheetRoutes(jobs));
  app.route('/', leaseRoutes(leases));
  app.route('/', claimRoutes(leases));
  app.route('/', heartbeatRoutes(leases));
  app.route('/', controlRoutes(leases));
  app.route('/', whyRoutes(leases));
  app.route('/', sweepRoutes(sweeper, leases));
  app.route('/', healthRoutes(jobs));
  for (const [path, allow] of Object.entries(METHODS)) app.all(path, methodNotAllowed(allow));
  app.notFound(c => problem(c, { code: 'not_found', path: c.req.path }));
  app.onError((error, c) => {
    logError(c, error);
    if (!(error instanceof StoreError)) return problem(c, { code: 'internal' });
    return problem(c, { code: 'store_unavailable', retryAfterSeconds: 1 });
  });
  return app;
}

function methodNotAllowed(allow: readonly string[]): Handler<HttpEnv> {
  return c => problem(c, { code: 'method_not_allowed', allow });
}
