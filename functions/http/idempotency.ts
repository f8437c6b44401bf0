import type { Result } from '../../lib/failure.ts';
import { type IdempotencyKey, readIdempotencyKey } from '../../lib/lease/idempotency-key.ts';
import type { HttpContext } from './env.ts';

/** The key in the header `Idempotency-Key`, with the number of the try; null where there is none. */
export function idempotencyKeyOf(c: HttpContext): Promise<Result<IdempotencyKey | null>> {
  return readIdempotencyKey(
    c.req.header('idempotency-key') ?? null,
    c.req.header('idempotency-attempt') ?? null,
  );
}

/** Whether the client went away; false where the runtime does not tell. */
export function isGone(c: HttpContext): boolean {
  return c.req.raw.signal.aborted;
}
