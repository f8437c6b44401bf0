import type { Timestamp } from '../base/timestamp.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { jobLeaseOf } from './job-lease.ts';
import { DEFAULT_TTL_SECONDS, type Lease, leaseKey } from './lease.ts';

/**
 * A crash of the machine may leave a lease object empty or cut off. What matters of it is also in the state of its job:
 * who holds it, and which token proves it. So it counts as a lease that has expired: after an interruption of the service,
 * such as its start, it gets one ttl as every lease does, and until it is ended its holder may renew it. Its ttl is
 * unknown, so it is the default.
 */
export function rebuiltLease(
  state: CheckpointState,
  { key, expiresAt }: { readonly key: string; readonly expiresAt: Timestamp },
): Lease | null {
  const { lease: named, epoch } = jobLeaseOf(state);
  if (named === null || leaseKey(state.job_id, named.id) !== key || epoch < 1) return null;
  return {
    job_id: state.job_id,
    lease_id: named.id,
    epoch,
    holder: named.holder,
    token_sha256: named.token_sha256,
    ttl_seconds: DEFAULT_TTL_SECONDS,
    acquired_at: named.acquired_at,
    renewed_at: named.acquired_at,
    expires_at: expiresAt,
    // The renewals are unknown, so the grant counts as used.
    renewals: 1,
    late_renewals: 0,
    worst_late_seconds: 0,
    progress: null,
    progress_at: null,
    progress_sheet: null,
    requested: null,
    request_message: null,
    requested_by: null,
    expired: false,
    request_sha256: null,
    ended_at: null,
  };
}
