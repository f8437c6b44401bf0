import type { Timestamp } from '../base/timestamp.ts';
import type { InterruptedLease } from '../lease/interruption.ts';
import type { LeaseTimes } from '../lease/lease.ts';
import { isRunning } from '../lease/rules.ts';

/**
 * The times when holders could reach the service. A job with an expired lease may be taken only if its holder
 * could have renewed the lease. So after an interruption of the service each lease gets one ttl first.
 */
export interface Availability {
  /** The reachability at `now`. Rejects with a `StoreError` if it is stored and the store fails. */
  getReachability(now: Timestamp): Promise<Reachability>;
  /** Records that a renewal arrived and the store failed, so that its holder may be alive. */
  recordMissedRenewal(leaseKey: string, now: Timestamp): void;
}

/** The reachability of the service as known at one moment. Pure. */
export interface Reachability {
  /** The end of the grace period of an expired lease, or null if the job may be taken. */
  graceEndOf(leaseKey: string, lease: InterruptedLease): Timestamp | null;
}

/** Until when no caller may take the job from the holder of this lease. Null if the job may be taken now. */
export function protectedUntil(
  reachability: Reachability,
  { key, lease, now }: { key: string; lease: LeaseTimes; now: Timestamp },
): Timestamp | null {
  if (isRunning(lease, now)) return lease.expires_at;
  // The holder of an ended lease cannot renew it, so there is no grace period.
  return lease.expired ? null : reachability.graceEndOf(key, lease);
}

/** For a service without interruptions: holders can always reach it. */
export const alwaysAvailable: Availability = {
  getReachability: () => Promise.resolve({ graceEndOf: () => null }),
  recordMissedRenewal: () => undefined,
};
