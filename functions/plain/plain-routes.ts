import { claimRoutes } from '../routes/claims.ts';
import { heartbeatRoutes } from '../routes/heartbeats.ts';
import { jobRoutes } from '../routes/job.ts';
import { jobsRoutes } from '../routes/jobs.ts';
import { leaseRoutes } from '../routes/lease.ts';
import { nextSheetRoutes, sheetRoutes } from '../routes/sheets.ts';
import { updateRoutes } from '../routes/updates.ts';
import { meetsAtJob } from '../serving/forwarding.ts';
import { GUARDS, type Guard } from '../serving/guard.ts';
import type { Handler, Method, Routes } from '../serving/routes.ts';

/** A route that is also served without hono: the same handler, behind the same checks. */
export interface PlainRoute {
  readonly guard: Guard;
  readonly handle: Handler;
  readonly hasBody: boolean;
  /** Whether it is passed on where the requests of a job meet. */
  readonly meetsAtJob: boolean;
}

const JOB = plainRoute(jobRoutes(), 'GET', '/v1/jobs/:id');
const CREATION = plainRoute(jobsRoutes(), 'POST', '/v1/jobs');
const UPDATE = plainRoute(sheetRoutes(), 'PUT', '/v1/jobs/:id/sheets/:n');
const UPDATES = plainRoute(updateRoutes(), 'POST', '/v1/updates');
const NEXT_SHEET = plainRoute(nextSheetRoutes(), 'GET', '/v1/jobs/:id/next-sheet');
const CLAIM = plainRoute(claimRoutes(), 'POST', '/v1/claims');
const HEARTBEAT = plainRoute(leaseRoutes(), 'PUT', '/v1/jobs/:id/lease');
const RELEASE = plainRoute(leaseRoutes(), 'DELETE', '/v1/jobs/:id/lease');
const HEARTBEATS = plainRoute(heartbeatRoutes(), 'POST', '/v1/heartbeats');

/** Those whose target names no job. */
const POSTED = new Map([
  ['/v1/jobs', CREATION],
  ['/v1/claims', CLAIM],
  ['/v1/heartbeats', HEARTBEATS],
  ['/v1/updates', UPDATES],
]);

/** An id without anything to decode, and that is no `.` or `..`: a URL would not have such a segment. */
const JOB_TARGET =
  /^\/v1\/jobs\/[A-Za-z0-9_-][A-Za-z0-9._~-]*(\/next-sheet|\/lease|\/sheets\/(?=[0-9]+$))?/;

/** The route of a request by its target as it was sent. Null where the target is unusual, or where hono serves it. */
export function findPlainRoute(method: string, target: string): PlainRoute | null {
  if (method === 'POST') return POSTED.get(target) ?? null;
  if (method !== 'GET' && method !== 'PUT' && method !== 'DELETE') return null;
  const [matched, below] = JOB_TARGET.exec(target) ?? [];
  if (matched === undefined) return null;
  if (below === '/sheets/') return method === 'PUT' ? UPDATE : null;
  if (matched.length !== target.length) return null;
  return routeBelow(method, below);
}

function routeBelow(
  method: 'GET' | 'PUT' | 'DELETE',
  below: string | undefined,
): PlainRoute | null {
  if (method === 'PUT') return below === '/lease' ? HEARTBEAT : null;
  if (method === 'DELETE') return below === '/lease' ? RELEASE : null;
  if (below === undefined) return JOB;
  return below === '/next-sheet' ? NEXT_SHEET : null;
}

function plainRoute({ all }: Routes, method: Method, path: string): PlainRoute {
  const route = all.find(candidate => candidate.method === method && candidate.path === path);
  const guard = GUARDS.find(candidate => candidate.path === path);
  if (route === undefined || guard === undefined) throw new TypeError(`No route ${method} ${path}`);
  return {
    guard,
    handle: route.handle,
    hasBody: method === 'POST' || method === 'PUT',
    meetsAtJob: meetsAtJob(route),
  };
}
