import type { Timestamp } from '../../lib/base/timestamp.ts';
import type { CheckpointState } from '../../lib/checkpoint/checkpoint.ts';
import { decodeState } from '../../lib/checkpoint/codec.ts';
import { withJobLease } from '../../lib/lease/job-lease.ts';
import { type Lease, leaseKey } from '../../lib/lease/lease.ts';
import { createLease } from '../../lib/lease/rules.ts';
import { type PresentedToken } from '../../lib/lease/token.ts';
import { grant } from '../../lib/lease/transfer.ts';
import { aState } from './state.ts';

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

/** A whole state, as a file of that would be read. */
export function aJob(overrides: Readonly<Record<string, unknown>> = {}): CheckpointState {
  const body = new TextEncoder().encode(JSON.stringify(aState(overrides)));
  const decoded = decodeState(body, { source: 'file', now: NOON });
  if (!decoded.ok) throw new Error('Cannot make the state of a test');
  return decoded.value;
}

/** A job that was granted at noon; `recoveries` is how often it was recovered before. */
export function aHeldJob(recoveries = 0, overrides: Readonly<Record<string, unknown>> = {}) {
  const job = withJobLease(aJob(overrides), {
    epoch: 0,
    recoveries,
    lease: null,
    delay: null,
    created: null,
  });
  return grant(job, aLease(), NOON);
}
