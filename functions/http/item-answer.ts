import { type Failure, ok, type Result } from '../../lib/failure.ts';
import { type PresentedToken, readToken } from '../../lib/lease/token.ts';
import { StoreError } from '../../lib/store.ts';
import { checkLeaseAccess } from './access.ts';
import type { HttpContext } from './env.ts';
import { failureJson } from './problem.ts';
import { logError } from './request-log.ts';

/** The answer to one item of a request that has several. Each item has an answer of its own. */
export type ItemAnswer = Readonly<Record<string, unknown>>;

/** The answer to an item that is refused. */
export function refusal(failure: Failure): ItemAnswer {
  return { ok: false, ...failureJson(failure) };
}

/** The answer to an item on which the store failed, or the program: the other items keep their answers. */
export function failedItem(c: HttpContext, error: Error): ItemAnswer {
  logError(c, error);
  return refusal(
    error instanceof StoreError
      ? { code: 'store_unavailable', retryAfterSeconds: 1 }
      : { code: 'internal' },
  );
}

/**
 * The lease token of an item, which is at `path` in the body, if the caller may use it. Returns a promise only where
 * there is something to wait for. Failures: `invalid`, `forbidden`.
 */
export function readItemToken(
  c: HttpContext,
  text: string,
  path: string,
): Result<PresentedToken> | Promise<Result<PresentedToken>> {
  const token = readToken(text, path);
  return token instanceof Promise ? token.then(read => allowed(c, read)) : allowed(c, token);
}

function allowed(c: HttpContext, token: Result<PresentedToken>): Result<PresentedToken> {
  if (!token.ok) return token;
  const access = checkLeaseAccess(c, token.value);
  return access.ok ? ok(token.value) : access;
}
