import { ENTRY_BYTES } from '../base/memory-bounds.ts';
import { ownText } from '../base/own-text.ts';
import type { Timestamp } from '../base/timestamp.ts';
import type { Lease, LeaseRequest } from '../lease/lease.ts';
import type { PresentedToken } from '../lease/token.ts';
import type { Version } from '../store.ts';

/** A lease that a stream keeps. Times in `Ms` are of the steady clock. */
export interface WatchedLease {
  readonly token: PresentedToken;
  readonly jobId: string;
  ttlSeconds: number;
  /** The last renewal by the stream, or by a heartbeat of its worker. Null where that is not known. */
  renewedAt: Timestamp | null;
  requested: LeaseRequest | null;
  /** When the service renews it next. */
  dueAtMs: number;
  /** Settles when the renewal under way has ended. */
  renewing: Promise<void> | null;
  /** When the store was last asked whether another process has changed it, and the version found. */
  lookedAtMs: number;
  version: Version | null;
}

/** The longest key and name, a digest, times, and the entries in two maps. */
export const LEASE_BYTES = 3 * ENTRY_BYTES + 3 * 255 + 64 + 64;

export function watchLease(
  token: PresentedToken,
  lease: Lease,
  { now, dueAtMs }: { readonly now: number; readonly dueAtMs: number },
): WatchedLease {
  return {
    token: {
      leaseKey: ownText(token.leaseKey),
      safeName: ownText(token.safeName),
      leaseId: ownText(token.leaseId),
      sha256: ownText(token.sha256),
    },
    jobId: lease.job_id,
    ttlSeconds: lease.ttl_seconds,
    renewedAt: lease.renewed_at,
    requested: lease.requested,
    dueAtMs,
    renewing: null,
    lookedAtMs: now,
    version: null,
  };
}
