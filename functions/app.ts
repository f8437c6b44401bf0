import { type Handler, Hono } from 'hono';
import type { Jobs } from '../lib/jobs.ts';
import { StoreError } from '../lib/store.ts';
import { healthRoutes } from './health.ts';
import type { HttpEnv } from './http-env.ts';
import { jobRoutes } from './job.ts';
import { jobsRoutes } from './jobs.ts';
import { nextSheetRoutes } from './next-sheet.ts';
import { problem } from './problem.ts';
import { logError, logRequests } from './request-log.ts';
import { sheetRoutes } from './sheets.ts';

export interface AppOptions {
  readonly jobs: Jobs;
  /** The largest body that is read. */
  readonly bodyLimitBytes: number;
}

/** What every resource answers; the rest of its methods are a 405. */
const METHODS = {
  '/v1/jobs': ['GET', 'HEAD', 'POST'],
  '/v1/jobs/:id': ['GET', 'HEAD', 'PUT', 'DELETE'],
  '/v1/jobs/:id/sheets/:n': ['PUT'],
  '/v1/jobs/:id/next-sheet': ['GET', 'HEAD'],
  '/healthz': ['GET', 'HEAD'],
  '/readyz': ['GET', 'HEAD'],
} as const;

/** The one application of all runtimes. */
export function createApp({ jobs, bodyLimitBytes }: AppOptions): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.use(logRequests);
  app.route('/', jobsRoutes(jobs, bodyLimitBytes));
  app.route('/', jobRoutes(jobs, bodyLimitBytes));
  app.route('/', sheetRoutes(jobs, bodyLimitBytes));
  app.route('/', nextSheetRoutes(jobs));
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
