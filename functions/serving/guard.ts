import { requireAccess } from '../http/access.ts';
import { type Check, firstRefusal } from '../http/check.ts';
import type { HttpContext } from '../http/env.ts';
import { requireKnownQuery } from '../http/request-params.ts';
import {
  HEALTH_RESOURCES,
  type Methods,
  PAGE_RESOURCES,
  parametersOf,
  RESOURCES,
  scopeOf,
} from '../http/resources.ts';

/** A resource with the checks that its requests pass before their routes run. */
export interface Guard {
  /** The pattern of the resource. */
  readonly path: string;
  readonly checks: readonly Check[];
}

/** The guards of all resources. */
export const GUARDS: readonly Guard[] = [
  ...Object.entries(RESOURCES).map(([path, methods]) => ({
    path,
    checks: [requireAccess(c => scopeOf(c, methods)), knownQuery(path, methods)],
  })),
  ...Object.entries(HEALTH_RESOURCES).map(([path, methods]) => ({
    path,
    checks: [knownQuery(path, methods)],
  })),
  ...Object.keys(PAGE_RESOURCES).map(path => ({ path, checks: [] })),
];

/** Notes the resource, and returns the answer of the first check that refuses the request. */
export function refusalBy(guard: Guard, c: HttpContext): ReturnType<Check> {
  c.set('route', guard.path);
  return firstRefusal(c, guard.checks);
}

function knownQuery(path: string, methods: Methods): Check {
  return requireKnownQuery(c =>
    Object.hasOwn(methods, c.req.method) ? parametersOf(path, c.req.method) : null,
  );
}
