import { fail, ok, type Result } from '../../lib/failure.ts';
import { type PresentedToken, readToken } from '../../lib/lease/token.ts';
import type { HttpContext } from './env.ts';

const HEADER = 'Lease-Token';

/** The token in the header `Lease-Token`; null where there is none. */
export async function leaseTokenOf(c: HttpContext): Promise<Result<PresentedToken | null>> {
  const text = c.req.header(HEADER);
  return text === undefined ? ok(null) : readToken(text, HEADER);
}

/** As `leaseTokenOf`, for what a holder alone can do. */
export async function requiredLeaseTokenOf(c: HttpContext): Promise<Result<PresentedToken>> {
  const token = await leaseTokenOf(c);
  if (!token.ok) return token;
  if (token.value !== null) return ok(token.value);
  const reason = 'Give the token that came with the lease';
  return fail({ code: 'invalid', faults: [{ path: HEADER, reason }] });
}
