import type { MiddlewareHandler } from 'hono';
import { type Access, isExpired } from '../../lib/access/access-entry.ts';
import type { AccessList } from '../../lib/access/access-list.ts';
import { accessDigestOf } from '../../lib/access/access-token.ts';
import { holds, type Scope } from '../../lib/access/scope.ts';
import { isLoopback } from '../../lib/base/loopback.ts';
import { fail, ok, type Result } from '../../lib/failure.ts';
import { safeName } from '../../lib/keys/job-id.ts';
import type { PresentedToken } from '../../lib/lease/token.ts';
import { isOperators, type StatusRule } from '../../lib/protocol/status-rule.ts';
import type { HttpContext, HttpEnv } from './env.ts';
import { problem } from './problem.ts';

/** Pauses, fails, cancels and resumes any job. */
const OPERATOR: Scope = 'admin';

/** Lets requests pass whose bearer token holds the scope that they need, and all where there is no list. */
export function requireAccess(scopeNeeded: (c: HttpContext) => Scope): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    if (c.env.access === null) {
      const reason = foreignPageReason(c);
      return reason === null ? next() : problem(c, { code: 'forbidden', reason });
    }
    const access = await accessOf(c, c.env.access);
    if (!access.ok) return problem(c, access.failure);
    const needed = scopeNeeded(c);
    const { scope } = access.value;
    if (!holds(scope, needed)) {
      const reason = `This needs the scope ${needed}, and the token has ${scope}`;
      return problem(c, { code: 'forbidden', reason });
    }
    return next();
  };
}

/** Whether the bearer may touch a job of this id. */
export function allowsJob(c: HttpContext, jobId: string): Result<null> {
  const prefix = prefixOf(c);
  if (jobId.startsWith(prefix)) return ok(null);
  return forbidden(`The token opens jobs whose ids begin with ${JSON.stringify(prefix)}`);
}

/** As `allowsJob`, of the job that a lease token names. */
export function allowsLease(c: HttpContext, { safeName: name }: PresentedToken): Result<null> {
  const prefix = prefixOf(c);
  if (name.startsWith(safeName(prefix))) return ok(null);
  return allowsJob(c, name);
}

/**
 * Whether the bearer may change the status of a job that it does not hold: to stop a job, or to take it
 * out of a status in which it was stopped, is the operator's.
 */
export function allowsStatus(c: HttpContext): StatusRule {
  const access = c.get('access');
  return (before, after) => {
    if (access === undefined || holds(access.scope, OPERATOR)) return ok(null);
    if (!isOperators(before, after)) return ok(null);
    const change = before === null ? `create a job as ${after}` : `make a ${before} job ${after}`;
    return forbidden(
      `To ${change} needs the scope ${OPERATOR} or the lease token of the job, and the token has ${access.scope}`,
    );
  };
}

/** What must begin the ids of the jobs that the bearer may touch; empty for all. */
export function prefixOf(c: HttpContext): string {
  return c.get('access')?.prefix ?? '';
}

/** For what concerns all jobs. */
export function allowsAll(c: HttpContext): Result<null> {
  if (prefixOf(c) === '') return ok(null);
  return forbidden('This is for tokens that open all jobs');
}

async function accessOf(c: HttpContext, list: AccessList): Promise<Result<Access>> {
  if (list.size === 0) return unauthorized('No access tokens are configured: nobody is served');
  const header = c.req.header('authorization');
  const [, text] = /^Bearer +([^ ]+) *$/i.exec(header ?? '') ?? [];
  if (text === undefined) return unauthorized('Give a token: Authorization: Bearer <token>');
  const digest = await accessDigestOf(text);
  if (digest === null) return unauthorized('This is no access token, or it is cut off or mistyped');
  const access = list.find(digest);
  if (access === null) return unauthorized('The token is not known');
  // Before all else: the log says whose requests were refused as well.
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
 * Why a request without a token is not served where tokens are not asked for: it is a browser's, on behalf of a
 * page from elsewhere. Such a page may have a name of its own lead to this machine, or send what needs no leave.
 * Null where nothing speaks against it.
 */
export function foreignPageReason(c: HttpContext): string | null {
  const host = c.req.header('host');
  // A target may name a host too, as requests through a proxy do: `GET http://name/path`. Browsers always
  // send the header: a request without one is a program's.
  const hosts = [host?.replace(/:[0-9]*$/, ''), URL.parse(c.req.url)?.hostname];
  if (host !== undefined && !hosts.every(name => name !== undefined && isLoopback(name))) {
    return 'Without access tokens only requests to a loopback address are served';
  }
  const origin = c.req.header('origin');
  const isForeign = origin !== undefined && !isLoopback(URL.parse(origin)?.hostname ?? '');
  if (isForeign || c.req.header('sec-fetch-site') === 'cross-site') {
    return 'Without access tokens no pages from elsewhere are served';
  }
  return null;
}
