import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { type NamedLease, namedLeaseOf } from './job-lease.ts';
import { type PresentedToken, provesDigest } from './token.ts';

/** How a caller stands to a job, as the job itself tells: it is the arbiter, not the lease object. */
export type Access =
  /** Nobody holds the job, and the caller does not say that he does. */
  | { readonly kind: 'free' }
  | { readonly kind: 'holder'; readonly named: NamedLease }
  /** Somebody holds the job, dead or alive, and the caller shows no token. */
  | { readonly kind: 'held'; readonly named: NamedLease }
  /** The caller shows a token that is not that of the job's lease, if it has one. */
  | { readonly kind: 'lost' };

export function accessOf(state: CheckpointState, token: PresentedToken | null): Access {
  const named = namedLeaseOf(state);
  if (named === null) return token === null ? { kind: 'free' } : { kind: 'lost' };
  if (token === null) return { kind: 'held', named };
  const proved = token.leaseId === named.id && provesDigest(token, named.token_sha256);
  return proved ? { kind: 'holder', named } : { kind: 'lost' };
}
