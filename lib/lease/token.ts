import { textFromBase64Url, toBase64Url } from '../base/base64url.ts';
import { sameDigest, sha256Hex, sha256HexAtOnce } from '../base/digest.ts';
import { type Fault, fail, ok, type Result } from '../failure.ts';
import { jobKey, safeName } from '../keys/job-id.ts';
import { type Lease, leaseKey } from './lease.ts';

/**
 * `dsl_<safe name>.<lease id>.<secret>`, with the safe name in base64url. A token names its lease, so that a
 * heartbeat finds the lease without the job. Only the answer to the grant contains the secret. Only its
 * SHA-256 is stored.
 */
export interface MintedToken {
  readonly text: string;
  readonly sha256: string;
}

/** The token of a request, not verified yet. */
export interface PresentedToken {
  readonly leaseKey: string;
  readonly safeName: string;
  readonly leaseId: string;
  readonly sha256: string;
}

const PREFIX = 'dsl_';
const TOKEN = /^dsl_([0-9A-Za-z_-]{1,400})\.([0-9a-f]{32})\.([0-9A-Za-z_-]{43})$/;

/** `secret` is 256 random bits in base64url. */
export async function mintToken(
  jobId: string,
  leaseId: string,
  secret: string,
): Promise<MintedToken> {
  const name = toBase64Url(new TextEncoder().encode(safeName(jobId)));
  return { text: `${PREFIX}${name}.${leaseId}.${secret}`, sha256: await sha256Hex(secret) };
}

/**
 * `path` names the part of the request with the token. A promise only where the runtime has no synchronous digests.
 * Failure: `invalid` for text without the form of a token.
 */
export function readToken(
  text: string,
  path: string,
): Result<PresentedToken> | Promise<Result<PresentedToken>> {
  const [, name = '', leaseId = '', secret = ''] = TOKEN.exec(text) ?? [];
  const safe = name === '' ? null : textFromBase64Url(name);
  if (safe === null || safe === '' || safeName(safe) !== safe) return invalid({ path });
  const token = { leaseKey: leaseKey(safe, leaseId), safeName: safe, leaseId };
  const sha256 = sha256HexAtOnce(secret);
  return sha256 === null ? withDigest(token, secret) : ok({ ...token, sha256 });
}

async function withDigest(
  token: Omit<PresentedToken, 'sha256'>,
  secret: string,
): Promise<Result<PresentedToken>> {
  return ok({ ...token, sha256: await sha256Hex(secret) });
}

/** The job that the lease of the token is of: its key. Only its state tells its id. */
export function leasedJobOf(token: PresentedToken): { readonly key: string; readonly jobId: null } {
  // A safe name is its own safe name.
  return { key: jobKey(token.safeName), jobId: null };
}

export function provesDigest(token: PresentedToken, storedSha256: string): boolean {
  return sameDigest(token.sha256, storedSha256);
}

/** Whether the token is the one that was issued for the lease. */
export function provesLease(
  token: PresentedToken | null,
  { lease_id, token_sha256 }: Pick<Lease, 'lease_id' | 'token_sha256'>,
): boolean {
  return token?.leaseId === lease_id && provesDigest(token, token_sha256);
}

function invalid({ path }: Pick<Fault, 'path'>): Result<never> {
  const reason =
    'This is not a lease token: send the token exactly as the lease response contains it';
  return fail({ code: 'invalid', faults: [{ path, reason }] });
}
