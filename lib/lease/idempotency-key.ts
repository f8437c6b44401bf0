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
  /** The ids and secrets of the leases of a batch. They do not depend on its size. */
  batch(size: number): Promise<readonly LeaseSecrets[]>;
  /** Whether the caller says that it got no answer to the first attempt. */
  readonly isRetry: boolean;
}

/** What is derived for one lease of a batch, as in an `IdempotencyKey`. */
export type LeaseSecrets = Pick<IdempotencyKey, 'leaseId' | 'secret'>;

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
    batch: size => deriveBatch(key, size),
    isRetry: attempt !== null && attempt !== '1',
  });
}

/** Each use has its own label, so one derived value reveals nothing about another. */
function derive(key: string, label: string, bytes: number): Promise<Uint8Array> {
  return hkdf(key, { salt: 'dalsegno', label, bytes });
}

/** HKDF gives up to 8160 bytes at once, of which 100 leases take 4800. A longer output begins with the shorter one. */
async function deriveBatch(key: string, size: number): Promise<readonly LeaseSecrets[]> {
  const leaseBytes = LEASE_ID_BYTES + SECRET_BYTES;
  const derived = await derive(key, 'leases of a batch', size * leaseBytes);
  return Array.from({ length: size }, (_, index) => {
    const own = derived.subarray(index * leaseBytes, (index + 1) * leaseBytes);
    return {
      leaseId: toHex(own.subarray(0, LEASE_ID_BYTES)),
      secret: toBase64Url(own.subarray(LEASE_ID_BYTES)),
    };
  });
}

function invalid(path: string, reason: string): Result<never> {
  return fail({ code: 'invalid', faults: [{ path, reason }] });
}
