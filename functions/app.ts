import { type Handler, Hono } from 'hono';
import type { AccessList } from '../lib/access/access-list.ts';
import type { Repository } from '../lib/repository.ts';
import { StoreError } from '../lib/store.ts';
import { requireAccess } from './access.ts';
import { claimRoutes } from './claims.ts';
import { controlRoutes } from './control.ts';
import { doctorRoutes } from './doctor.ts';
import { healthRoutes } from './health.ts';
import { heartbeatRoutes } from './heartbeats.ts';
import type { HttpEnv } from './http-env.ts';
import { jobRoutes } from './job.ts';
import { jobsRoutes } from './jobs.ts';
import { leaseRoutes } from './lease.ts';
import { nextSheetRoutes } from './next-sheet.ts';
import { problem } from './problem.ts';
import { logError, logRequests } from './request-log.ts';
import { OPEN_RESOURCES, RESOURCES, scopeOf } from './resources.ts';
import { sheetRoutes } from './sheets.ts';
import { sweepRoutes } from './sweep.ts';
import { whyRoutes } from './why.ts';

export interface AppOptions {
  readonly repository: Repository;
  /** The largest body that is read. */
  readonly bodyLimitBytes: number;
  /** Who may do what; null where everybody may do everything, as on a loopback address. */
  readonly access: AccessList | null;
}

/** The one application of all runtimes. */
export function createApp({ repository, bodyLimitBytes, access }: AppOptions): Hono<HttpEnv> {
  const { jobs, leases, sweeper, doctor } = repository;
  const app = new Hono<HttpEnv>();
  app.use(logRequests);
  if (access !== null) {
    for (const [path, methods] of Object.entries(RESOURCES)) {
      app.use(
        path,
        requireAccess(access, c => scopeOf(c, methods)),
      );
    }
  }
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
  app.route('/', doctorRoutes(doctor));
  app.route('/', healthRoutes(jobs));
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

function methodNotAllowed(allow: readonly string[]): Handler<HttpEnv> {
  return c => problem(c, { code: 'method_not_allowed', allow });
}
