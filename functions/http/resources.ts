import type { Scope } from '../../lib/access/scope.ts';
import type { HttpContext } from './env.ts';

/** The methods of a resource, with the scope that each needs. */
export type Methods = Readonly<Record<string, Scope>>;

const READ: Methods = { GET: 'read', HEAD: 'read' };
/** What the store has as it is, the leases too. */
const READ_ALL: Methods = { GET: 'admin', HEAD: 'admin' };
const OPERATE: Methods = { POST: 'admin' };
/** An operator may stop any job; a worker may stop the job that it holds, with the lease token. */
const STOP: Methods = { POST: 'admin' };

/** The methods of every resource, and the scope of access that each needs. */
export const RESOURCES: Readonly<Record<string, Methods>> = {
  '/v1/jobs': { ...READ, POST: 'work' },
  '/v1/jobs/:id': { ...READ, PUT: 'work', DELETE: 'admin' },
  '/v1/jobs/:id/sheets/:n': { PUT: 'work' },
  '/v1/jobs/:id/next-sheet': READ,
  '/v1/jobs/:id/lease': { POST: 'work', PUT: 'work', DELETE: 'work' },
  '/v1/jobs/:id/pause': STOP,
  '/v1/jobs/:id/resume': OPERATE,
  '/v1/jobs/:id/cancel': STOP,
  '/v1/jobs/:id/fail': STOP,
  '/v1/jobs/:id/complete': STOP,
  '/v1/jobs/:id/why': READ,
  '/v1/stats': READ,
  '/v1/bulk': OPERATE,
  '/v1/claims': { POST: 'work' },
  '/v1/heartbeats': { POST: 'work' },
  '/v1/updates': { POST: 'work' },
  '/v1/presence': { POST: 'work' },
  '/v1/presence/:id': { PUT: 'work' },
  '/v1/sweep': OPERATE,
  '/v1/doctor': OPERATE,
  '/v1/move': OPERATE,
  '/v1/objects': READ_ALL,
  '/v1/object': { ...READ_ALL, PUT: 'admin' },
  '/metrics': READ,
};

/** How often a parameter of the query may be given. */
export type Parameters = Readonly<Record<string, 'once' | 'several'>>;

const FORCE: Parameters = { force: 'once' };
const NONE: Parameters = {};

/** The parameters of a list of jobs. */
export const LIST_PARAMETERS: Parameters = {
  q: 'once',
  job_name: 'once',
  holder: 'once',
  status: 'several',
  standing: 'several',
  updated_before: 'once',
  order: 'once',
  limit: 'once',
  cursor: 'once',
  view: 'once',
};

/** The query parameters by resource and method; all others take none. */
const PARAMETERS: Readonly<Record<string, Readonly<Record<string, Parameters>>>> = {
  '/v1/jobs': { GET: LIST_PARAMETERS },
  '/v1/jobs/:id': { DELETE: FORCE },
  '/v1/jobs/:id/pause': { POST: FORCE },
  '/v1/jobs/:id/cancel': { POST: FORCE },
  '/v1/jobs/:id/fail': { POST: FORCE },
  '/v1/jobs/:id/complete': { POST: FORCE },
  '/v1/sweep': { POST: { limit: 'once', cursor: 'once' } },
  '/v1/doctor': { POST: { list_keys: 'once' } },
  '/v1/objects': { GET: { prefix: 'once', after: 'once' } },
  '/v1/object': { GET: { key: 'once' }, PUT: { key: 'once', label: 'once' } },
};

/** The query parameters that a resource takes with a method. */
export function parametersOf(path: string, method: string): Parameters {
  return PARAMETERS[path]?.[method === 'HEAD' ? 'GET' : method] ?? NONE;
}

/** Whether the process and its store work. They are always answered. */
export const HEALTH_RESOURCES: Readonly<Record<string, Methods>> = {
  '/healthz': READ,
  '/readyz': READ,
};

/** The files of the dashboard. Each is in memory, and takes any query. */
export const PAGE_RESOURCES: Readonly<Record<string, Methods>> = {
  '/': READ,
  '/assets/:file': READ,
  '/openapi.json': READ,
};

/** These need no access token. */
export const OPEN_RESOURCES: Readonly<Record<string, Methods>> = {
  ...HEALTH_RESOURCES,
  ...PAGE_RESOURCES,
};

/**
 * The scope that a request needs. With a lease token `work` is enough to stop a job: whether that token is the one of
 * the job's lease is checked when the job is read.
 */
export function scopeOf(c: HttpContext, methods: Methods): Scope {
  const scope = methods[c.req.method] ?? 'read';
  const isByHolder = methods === STOP && c.req.header('lease-token') !== undefined;
  return isByHolder ? 'work' : scope;
}
