import type { Timestamp } from '../../lib/base/timestamp.ts';
import { type Lease, leaseKey } from '../../lib/lease/lease.ts';
import { createLease } from '../../lib/lease/rules.ts';
import { type PresentedToken } from '../../lib/lease/token.ts';

export const NOON = '2026-03-04T12:00:00Z' as Timestamp;

/** So many milliseconds after noon. */
export function afterNoon(milliseconds: number): Timestamp {
  return new Date(Date.parse(NOON) + milliseconds).toISOString().replace('Z', '000Z') as Timestamp;
}

/** A lease of `job-1`, granted at noon for a minute. */
export function aLease(overrides: Partial<Lease> = {}): Lease {
  const ask = {
    job_id: 'job-1',
    lease_id: 'a'.repeat(32),
    epoch: 1,
    holder: 'w-1',
    token_sha256: '0'.repeat(64),
    ttl_seconds: 60,
    request_sha256: null,
  };
  return { ...createLease(ask, NOON), ...overrides };
}

/** The token of that lease, as a request presents it. */
export function aToken(overrides: Partial<PresentedToken> = {}): PresentedToken {
  const { job_id, lease_id, token_sha256 } = aLease();
  return {
    leaseKey: leaseKey(job_id, lease_id),
    safeName: job_id,
    leaseId: lease_id,
    sha256: token_sha256,
    ...overrides,
  };
}
