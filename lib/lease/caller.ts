import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { type NamedLease, namedLeaseOf } from './job-lease.ts';
import { type PresentedToken, provesDigest } from './token.ts';

/** The relation of a caller to a job. The job object decides it, not the lease object. */
export type Access =
  /** The job is not leased, and the request has no token. */
  | { readonly kind: 'free' }
  | { readonly kind: 'holder'; readonly named: NamedLease }
  /** The job is leased, to a live or dead holder, and the request has no token. */
  | { readonly kind: 'held'; readonly named: NamedLease }
  /** The token of the request is not the one of the job's lease, or the job is not leased. */
  | { readonly kind: 'lost' };

export function accessOf(state: CheckpointState, token: PresentedToken | null): Access {
  const named = namedLeaseOf(state);
  if (named === null) return token === null ? { kind: 'free' } : { kind: 'lost' };
  if (token === null) return { kind: 'held', named };
  const proved = token.leaseId === named.id && provesDigest(token, named.token_sha256);
  return proved ? { kind: 'holder', named } : { kind: 'lost' };
}
