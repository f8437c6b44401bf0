import type { Timestamp } from '../base/timestamp.ts';
import type { Lease } from '../lease/lease.ts';
import { isRunning } from '../lease/rules.ts';

/**
 * When holders could be heard. A lease that is over by the clock may be taken only if its holder could
 * have renewed it: after an interruption of the service each lease gets one ttl first.
 */
export interface Availability {
  /** What is known at `now`. Rejects with a `StoreError` where the store keeps it and fails. */
  hearing(now: Timestamp): Promise<Hearing>;
  /** A renewal came and the store failed on it: its holder may well live. */
  missed(leaseKey: string, now: Timestamp): void;
}

/** What is known at one moment; pure. */
export interface Hearing {
  /** Until when a lease that is over by the clock must not be taken, null where it may be. */
  graceOf(leaseKey: string, lease: Pick<Lease, 'ttl_seconds'>): Timestamp | null;
}

/** Until when the job may not be taken from this holder, null where it may be taken now. */
export function heldUntil(
  hearing: Hearing,
  { key, lease, now }: { key: string; lease: Lease; now: Timestamp },
): Timestamp | null {
  if (isRunning(lease, now)) return lease.expires_at;
  // A lease that is ended is not renewed any more: there is nobody to hear.
  return lease.expired ? null : hearing.graceOf(key, lease);
}

/** Holders can be heard at all times: for where the service is not interrupted. */
export const alwaysAvailable: Availability = {
  hearing: () => Promise.resolve({ graceOf: () => null }),
  missed: () => undefined,
};
