import type { Scope } from '../../lib/access/scope.ts';
import type { HttpContext } from './env.ts';

type Methods = Readonly<Record<string, Scope>>;

const READ: Methods = { GET: 'read', HEAD: 'read' };
const OPERATE: Methods = { POST: 'admin' };
/** An operator's, of any job; and the holder's, of his own. */
const LET_GO: Methods = { POST: 'admin' };

/** What every resource of the API answers, and which scope of access each method needs. */
export const RESOURCES: Readonly<Record<string, Methods>> = {
  '/v1/jobs': { ...READ, POST: 'work' },
  '/v1/jobs/:id': { ...READ, PUT: 'work', DELETE: 'admin' },
  '/v1/jobs/:id/sheets/:n': { PUT: 'work' },
  '/v1/jobs/:id/next-sheet': READ,
  '/v1/jobs/:id/lease': { POST: 'work', PUT: 'work', DELETE: 'work' },
  '/v1/jobs/:id/pause': LET_GO,
  '/v1/jobs/:id/resume': OPERATE,
  '/v1/jobs/:id/cancel': LET_GO,
  '/v1/jobs/:id/fail': LET_GO,
  '/v1/jobs/:id/why': READ,
  '/v1/claims': { POST: 'work' },
  '/v1/heartbeats': { POST: 'work' },
  '/v1/sweep': OPERATE,
  '/v1/doctor': OPERATE,
};

/** How often a parameter of the query may be given. */
export type Parameters = Readonly<Record<string, 'once' | 'several'>>;

const FORCE: Parameters = { force: 'once' };
const NONE: Parameters = {};

/** The query parameters by resource and method; all others take none. */
const PARAMETERS: Readonly<Record<string, Readonly<Record<string, Parameters>>>> = {
  '/v1/jobs': { GET: { status: 'several', limit: 'once', cursor: 'once', view: 'once' } },
  '/v1/jobs/:id': { DELETE: FORCE },
  '/v1/jobs/:id/pause': { POST: FORCE },
  '/v1/jobs/:id/cancel': { POST: FORCE },
  '/v1/jobs/:id/fail': { POST: FORCE },
  '/v1/sweep': { POST: { limit: 'once', cursor: 'once' } },
  '/v1/doctor': { POST: { list_keys: 'once' } },
};

/** The query parameters that a resource takes with a method. */
export function parametersOf(path: string, method: string): Parameters {
  return PARAMETERS[path]?.[method === 'HEAD' ? 'GET' : method] ?? NONE;
}

/** What is answered to anybody. */
export const OPEN_RESOURCES: Readonly<Record<string, Methods>> = {
  '/healthz': READ,
  '/readyz': READ,
};

/**
 * The scope that a request needs. A worker may let go of the job that he holds; whether the token that he
 * shows is that of its lease is for the job to say.
 */
export function scopeOf(c: HttpContext, methods: Methods): Scope {
  const scope = methods[c.req.method] ?? 'read';
  const byHolder = methods === LET_GO && c.req.header('lease-token') !== undefined;
  return byHolder ? 'work' : scope;
}
