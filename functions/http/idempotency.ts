import { ok, type Result } from '../../lib/failure.ts';
import { type IdempotencyKey, parseIdempotencyKey } from '../../lib/lease/idempotency-key.ts';
import type { HttpContext } from './env.ts';

/** The key in the header `Idempotency-Key`, with the number of the attempt; null where there is no key. */
export function readIdempotencyKey(
  c: HttpContext,
): Result<null> | Promise<Result<IdempotencyKey | null>> {
  const key = c.req.header('idempotency-key') ?? null;
  const attempt = c.req.header('idempotency-attempt') ?? null;
  if (key === null && attempt === null) return ok(null);
  return parseIdempotencyKey(key, attempt);
}

/** Whether the client went away; false where the runtime does not report it. */
export function isClientGone(c: HttpContext): boolean {
  return c.req.raw.signal.aborted;
}
