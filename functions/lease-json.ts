import type { Lease } from '../lib/lease/lease.ts';
import { renewAfterMs } from '../lib/lease/lease-rules.ts';
import type { Timestamp } from '../lib/timestamp.ts';

/** A lease as answers show it: all but what proves it. */
export function leaseJson(lease: Lease): Readonly<Record<string, unknown>> {
  const {
    token_sha256: _proof,
    expired: _expired,
    ended_at: _ended,
    request_sha256: _request,
    request_message,
    late_renewals,
    worst_late_seconds,
    ...shown
  } = lease;
  return {
    ...shown,
    ...(late_renewals === 0 ? {} : { late_renewals, worst_late_seconds }),
    ...(request_message === null ? {} : { request_message }),
  };
}

/** What lets a client pace itself without trusting its own clock. */
export function pacing(lease: Lease, now: Timestamp): Readonly<Record<string, unknown>> {
  return {
    server_time: now,
    expires_at: lease.expires_at,
    renew_after_ms: renewAfterMs(lease),
  };
}
