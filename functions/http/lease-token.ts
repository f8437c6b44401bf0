import { ok, type Result } from '../../lib/failure.ts';
import { type PresentedToken, readToken } from '../../lib/lease/token.ts';
import type { HttpContext } from './env.ts';
import { invalid } from './read-request.ts';

const HEADER = 'Lease-Token';

/** The token in the header `Lease-Token`; null where there is none. */
export function readLeaseToken(
  c: HttpContext,
): Result<PresentedToken | null> | Promise<Result<PresentedToken | null>> {
  const text = c.req.header(HEADER);
  return text === undefined ? ok(null) : readToken(text, HEADER);
}

/** As `readLeaseToken`, for an operation that only the holder may do. */
export function readRequiredLeaseToken(
  c: HttpContext,
): Result<PresentedToken> | Promise<Result<PresentedToken>> {
  const text = c.req.header(HEADER);
  if (text === undefined) return invalid(HEADER, 'Send the token that came with the lease');
  return readToken(text, HEADER);
}
