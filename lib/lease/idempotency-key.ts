import { toBase64Url } from '../base/base64url.ts';
import { hkdf, sha256Hex, toHex } from '../base/digest.ts';
import { fail, ok, type Result } from '../failure.ts';

/**
 * The value of `Idempotency-Key`: at least 128 secret bits with which a client distinguishes repeated calls
 * from new ones. The id and the secret of a lease are derived from it. So a repeated call gets the same lease
 * and the same token, and no secret is stored.
 */
export interface IdempotencyKey {
  /** The digest of the key, the only part that may be stored. */
  readonly sha256: string;
  readonly leaseId: string;
  /** In the format of `Random.secret`. */
  readonly secret: string;
  /** Whether the caller says that it got no answer to the first attempt. */
  readonly isRetry: boolean;
}

/** For this long a repeated call gets the answer of the first one. */
export const REPEAT_WINDOW_MS = 86_400_000;

/** 128 bits in base64url are 22 characters. */
const KEY = /^[\x21\x23-\x5b\x5d-\x7e]{22,200}$/;
const ATTEMPT = /^[1-9][0-9]{0,8}$/;
const LEASE_ID_BYTES = 16;
const SECRET_BYTES = 32;

/**
 * Reads the values of the two headers, which are null if absent. A key may be in quotes. Failure: `invalid`
 * for a key that is too short to be a secret, or for an attempt that is not a number.
 */
export async function parseIdempotencyKey(
  header: string | null,
  attempt: string | null,
): Promise<Result<IdempotencyKey | null>> {
  if (attempt !== null && !ATTEMPT.test(attempt))
    return invalid('Idempotency-Attempt', 'Expected the number of the attempt: 1, 2 and so on');
  if (header === null) return ok(null);
  const key = /^"(.*)"$/.exec(header)?.[1] ?? header;
  if (!KEY.test(key)) {
    return invalid(
      'Idempotency-Key',
      'Expected 22 to 200 visible characters without quotes and backslashes, from at least 128 random bits',
    );
  }
  const [leaseId, secret, sha256] = await Promise.all([
    derive(key, 'lease id', LEASE_ID_BYTES),
    derive(key, 'lease token secret', SECRET_BYTES),
    sha256Hex(key),
  ]);
  return ok({
    sha256,
    leaseId: toHex(leaseId),
    secret: toBase64Url(secret),
    isRetry: attempt !== null && attempt !== '1',
  });
}

/** Each use has its own label, so one derived value reveals nothing about another. */
function derive(key: string, label: string, bytes: number): Promise<Uint8Array> {
  return hkdf(key, { salt: 'dalsegno', label, bytes });
}

function invalid(path: string, reason: string): Result<never> {
  return fail({ code: 'invalid', faults: [{ path, reason }] });
}
