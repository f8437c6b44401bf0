import { type Access, isExpired } from '../../lib/access/access-entry.ts';
import type { AccessList } from '../../lib/access/access-list.ts';
import { accessDigestOf } from '../../lib/access/access-token.ts';
import { includesScope, type Scope } from '../../lib/access/scope.ts';
import { isLoopback } from '../../lib/base/loopback.ts';
import { fail, ok, type Result } from '../../lib/failure.ts';
import { safeName } from '../../lib/keys/job-id.ts';
import type { PresentedToken } from '../../lib/lease/token.ts';
import { isOperatorChange, type StatusRule } from '../../lib/protocol/status-rule.ts';
import type { Check } from './check.ts';
import type { HttpContext } from './env.ts';
import { problem } from './problem.ts';
import type { Answer } from './response.ts';

/** May pause, fail, cancel and resume any job. */
const OPERATOR: Scope = 'admin';

/** Refuses a request whose access token lacks the scope that it needs. Without a list it refuses foreign pages. */
export function requireAccess(scopeNeeded: (c: HttpContext) => Scope): Check {
  return c => {
    if (c.env.access !== null) return refuseWithoutScope(c, c.env.access, scopeNeeded(c));
    const reason = foreignPageReason(c);
    return reason === null ? null : problem(c, { code: 'forbidden', reason });
  };
}

async function refuseWithoutScope(
  c: HttpContext,
  list: AccessList,
  needed: Scope,
): Promise<Answer | null> {
  const access = await accessOf(c, list);
  if (!access.ok) return problem(c, access.failure);
  const { scope } = access.value;
  if (includesScope(scope, needed)) return null;
  const reason = `The request needs the scope ${needed}, and the token has ${scope}`;
  return problem(c, { code: 'forbidden', reason });
}

/** Checks that the access token covers a job of this id. */
export function checkJobAccess(c: HttpContext, jobId: string): Result<null> {
  const prefix = prefixOf(c);
  if (jobId.startsWith(prefix)) return ok(null);
  return forbidden(`The token covers only jobs whose ids begin with ${JSON.stringify(prefix)}`);
}

/** As `checkJobAccess`, for the job that a lease token names. */
export function checkLeaseAccess(c: HttpContext, { safeName: name }: PresentedToken): Result<null> {
  const prefix = prefixOf(c);
  if (name.startsWith(safeName(prefix))) return ok(null);
  return checkJobAccess(c, name);
}

/**
 * How the caller may change the status of a job that it does not hold. Only an operator may stop a job, or take it
 * out of a status in which it was stopped.
 */
export function statusRuleOf(c: HttpContext): StatusRule {
  const access = c.get('access');
  return (before, after) => {
    if (access === undefined || includesScope(access.scope, OPERATOR)) return ok(null);
    if (!isOperatorChange(before, after)) return ok(null);
    const change = before === null ? `create a job as ${after}` : `make a ${before} job ${after}`;
    return forbidden(
      `Send a token with the scope ${OPERATOR}, or the lease token of the job, to ${change}: the token has ${access.scope}`,
    );
  };
}

/** The name of the access token, for the history of jobs. Null where no access tokens are configured. */
export function callerOf(c: HttpContext): string | null {
  return c.get('access')?.name ?? null;
}

/** The access token covers the jobs whose ids begin with this; empty for all jobs. */
export function prefixOf(c: HttpContext): string {
  return c.get('access')?.prefix ?? '';
}

/** Checks that the access token covers all jobs. */
export function checkFullAccess(c: HttpContext): Result<null> {
  if (prefixOf(c) === '') return ok(null);
  return forbidden('The request needs a token that covers all jobs');
}

async function accessOf(c: HttpContext, list: AccessList): Promise<Result<Access>> {
  if (list.size === 0)
    return unauthorized('No access tokens are configured, so no request is served');
  const header = c.req.header('authorization');
  const [, text] = /^Bearer +([^ ]+) *$/i.exec(header ?? '') ?? [];
  if (text === undefined)
    return unauthorized('Send an access token: Authorization: Bearer <token>');
  const digest = await accessDigestOf(text);
  if (digest === null)
    return unauthorized('The text is not an access token, or it is cut off or mistyped');
  const access = list.find(digest);
  if (access === null) return unauthorized('The token is unknown');
  // Set before the token is judged, so that the log names the owner of a refused request too.
  c.set('access', access);
  const { expiresAt } = access;
  if (expiresAt === null || !isExpired(access, c.env.leases.now())) return ok(access);
  return fail({ code: 'token_expired', expiredAt: expiresAt });
}

function unauthorized(reason: string): Result<never> {
  return fail({ code: 'unauthorized', reason });
}

function forbidden(reason: string): Result<never> {
  return fail({ code: 'forbidden', reason });
}

/**
 * Why a service without access tokens refuses a request: a browser sends it for a page of another origin. Such a page
 * may point a host name of its own at this machine, or send a request that needs no preflight. Null where it is served.
 */
function foreignPageReason(c: HttpContext): string | null {
  const host = c.req.header('host');
  // The target may name a host too, as in requests through a proxy: `GET http://name/path`. Browsers always send the
  // header, so a request without it does not come from a page.
  if (host !== undefined && !(isLoopbackHost(host) && isTargetAt(c.req.url, host))) {
    return 'Without access tokens only requests to a loopback address are served';
  }
  const origin = c.req.header('origin');
  const isForeign = origin !== undefined && !isLoopback(URL.parse(origin)?.hostname ?? '');
  if (isForeign || c.req.header('sec-fetch-site') === 'cross-site') {
    return 'Without access tokens requests of pages of other origins are refused';
  }
  return null;
}

/** Of a host with or without a port. Nearly all are in one of two ways of writing. */
function isLoopbackHost(host: string): boolean {
  if (/^(?:127\.0\.0\.1|localhost)(?::[0-9]*)?$/.test(host)) return true;
  return isLoopback(host.replace(/:[0-9]*$/, ''));
}

/** Whether a URL is at the host, a loopback address, or at another one. Most requests name only one host. */
function isTargetAt(url: string, loopback: string): boolean {
  if (url.startsWith(`http://${loopback}/`)) return true;
  return isLoopback(URL.parse(url)?.hostname ?? '');
}
