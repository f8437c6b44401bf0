import * as z from 'zod';
import { LeaseRequest, leaseKey } from '../lease/lease.ts';
import type { PresenceStream } from './presence-stream.ts';
import type { WatchedLease } from './watched-lease.ts';

/** Where an object that loses its memory keeps what it knows of its streams. */
export interface StreamRecords {
  all(): Iterable<readonly [id: string, record: unknown]>;
  put(id: string, record: unknown): void;
  delete(id: string): void;
}

const KeptLease = z.tuple([
  z.string(),
  z.string(),
  z.string(),
  z.string(),
  z.number(),
  LeaseRequest.nullable(),
]);

/** What is stored of a stream. It changes when its tokens do, and not when its leases are renewed. */
const StreamRecord = z.object({
  owner: z.string(),
  grace_ms: z.number(),
  opened_at_ms: z.number(),
  /** Safe name, lease id, digest of the token, job id, ttl in seconds, request. */
  leases: z.array(KeptLease),
});
export type StreamRecord = z.infer<typeof StreamRecord>;

export function recordOf({ owner, graceMs, leases, openedAtMs }: PresenceStream): StreamRecord {
  return {
    owner,
    grace_ms: graceMs,
    opened_at_ms: openedAtMs,
    leases: [...leases.values()].map(({ token, jobId, ttlSeconds, requested }) => [
      token.safeName,
      token.leaseId,
      token.sha256,
      jobId,
      ttlSeconds,
      requested,
    ]),
  };
}

/** Null for one that an older or newer version has written. */
export function readRecord(record: unknown): StreamRecord | null {
  return StreamRecord.safeParse(record).data ?? null;
}

/** When they were last renewed is not stored. */
export function leasesOf({ leases }: StreamRecord, dueAtMs: number): WatchedLease[] {
  return leases.map(([safeName, leaseId, sha256, jobId, ttlSeconds, requested]) => ({
    token: { leaseKey: leaseKey(safeName, leaseId), safeName, leaseId, sha256 },
    jobId,
    ttlSeconds,
    renewedAt: null,
    requested,
    dueAtMs,
    renewing: null,
    lookedAtMs: 0,
    version: null,
  }));
}
