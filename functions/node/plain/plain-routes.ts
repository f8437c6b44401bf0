import { jobRoutes } from '../../routes/job.ts';
import { nextSheetRoutes } from '../../routes/sheets.ts';
import { GUARDS, type Guard } from '../../serving/guard.ts';
import type { Handler, Method, Routes } from '../../serving/routes.ts';

/** A route that is also served without hono: the same handler, behind the same checks. */
export interface PlainRoute {
  readonly method: Method;
  readonly guard: Guard;
  readonly handle: Handler;
}

const JOB = plainRoute(jobRoutes(), 'GET', '/v1/jobs/:id');
const NEXT_SHEET = plainRoute(nextSheetRoutes(), 'GET', '/v1/jobs/:id/next-sheet');

/** An id without anything to decode, and that is no `.` or `..`: a URL would not have such a segment. */
const JOB_TARGET = /^\/v1\/jobs\/[A-Za-z0-9_-][A-Za-z0-9._~-]*(\/next-sheet)?$/;

/** The route of a request by its target as it was sent. Null where the target is unusual, or where hono serves it. */
export function findPlainRoute(method: string, target: string): PlainRoute | null {
  if (method !== 'GET') return null;
  const [matched, below] = JOB_TARGET.exec(target) ?? [];
  if (matched === undefined) return null;
  return below === undefined ? JOB : NEXT_SHEET;
}

function plainRoute({ all }: Routes, method: Method, path: string): PlainRoute {
  const route = all.find(candidate => candidate.method === method && candidate.path === path);
  const guard = GUARDS.find(candidate => candidate.path === path);
  if (route === undefined || guard === undefined) throw new TypeError(`No route ${method} ${path}`);
  return { method, guard, handle: route.handle };
}
