import { heartbeatRoutes } from '../routes/heartbeats.ts';
import { jobRoutes } from '../routes/job.ts';
import { leaseRoutes } from '../routes/lease.ts';
import { nextSheetRoutes } from '../routes/sheets.ts';
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
const NEXT_SHEET = plainRoute(nextSheetRoutes(), 'GET', '/v1/jobs/:id/next-sheet');
const HEARTBEAT = plainRoute(leaseRoutes(), 'PUT', '/v1/jobs/:id/lease');
const HEARTBEATS = plainRoute(heartbeatRoutes(), 'POST', '/v1/heartbeats');

/** An id without anything to decode, and that is no `.` or `..`: a URL would not have such a segment. */
const JOB_TARGET = /^\/v1\/jobs\/[A-Za-z0-9_-][A-Za-z0-9._~-]*(\/next-sheet|\/lease)?$/;

/** The route of a request by its target as it was sent. Null where the target is unusual, or where hono serves it. */
export function findPlainRoute(method: string, target: string): PlainRoute | null {
  if (method === 'POST') return target === '/v1/heartbeats' ? HEARTBEATS : null;
  if (method !== 'GET' && method !== 'PUT') return null;
  const [matched, below] = JOB_TARGET.exec(target) ?? [];
  if (matched === undefined) return null;
  if (method === 'PUT') return below === '/lease' ? HEARTBEAT : null;
  if (below === undefined) return JOB;
  return below === '/next-sheet' ? NEXT_SHEET : null;
}

function plainRoute({ all }: Routes, method: Method, path: string): PlainRoute {
  const route = all.find(candidate => candidate.method === method && candidate.path === path);
  const guard = GUARDS.find(candidate => candidate.path === path);
  if (route === undefined || guard === undefined) throw new TypeError(`No route ${method} ${path}`);
  return { guard, handle: route.handle, hasBody: method !== 'GET', meetsAtJob: meetsAtJob(route) };
}
