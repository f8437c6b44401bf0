import * as z from 'zod';
import type { Timestamp } from '../base/timestamp.ts';
import { tryParseJson } from '../base/try-parse-json.ts';
import { ok } from '../failure.ts';
import { safeName } from '../keys/job-id.ts';
import { type Lease, MAX_TTL_SECONDS } from '../lease/lease.ts';
import { millisBetween } from '../lease/rules.ts';
import { type PresentedToken, provesDigest } from '../lease/token.ts';
import { Time } from '../schema/timestamp.ts';
import { type ObjectStore, StoreError, UNCONDITIONAL, type Version } from '../store.ts';
import type { ObjectWriter } from './compare-and-swap.ts';
import type { FalseAlarmTally } from './false-alarm-tally.ts';

/** A lease that expired. Its holder was dead, or only late: that is known when the holder returns. */
const ExpiredLease = z.object({
  lease_id: z.string(),
  token_sha256: z.string(),
  ttl_seconds: z.number(),
  expires_at: Time,
  returned_at: Time.nullable(),
  epoch: z.int().min(0).default(0),
  /** Whether it was counted as a recovery of the job. */
  is_counted: z.boolean().default(true),
  /** Whether the recovery was taken off the count again, because the holder came back. */
  is_refunded: z.boolean().default(false),
});
type ExpiredLease = z.infer<typeof ExpiredLease>;

/** What the keys of the records begin with. */
export const EXPIRED_LEASE_KEYS = 'lapses/';

/** `lapses/<safe>.json`: the expired leases of one job, and how many of their holders came back. */
const ExpiredLeaseRecord = z.object({
  job_id: z.string(),
  false_alarms: z.int().min(0),
  worst_late_seconds: z.number(),
  /** The ttl that would have covered every holder that came back. */
  suggested_ttl_seconds: z.number(),
  last_at: Time.nullable(),
  lapsed: z.array(ExpiredLease),
});
type ExpiredLeaseRecord = z.infer<typeof ExpiredLeaseRecord>;

/** Holders that were taken for dead and came back. */
export type FalseAlarms = Omit<ExpiredLeaseRecord, 'lapsed' | 'job_id'>;

/** The expired leases of one job. */
export interface ExpiryHistory {
  /** Null if no holder came back. */
  readonly alarms: FalseAlarms | null;
  readonly lapsed: readonly ExpiredLease[];
}

/**
 * The lease ids of those of the last `recoveries` recoveries whose holders came back. They were false alarms, and
 * not the fault of the job. The next recovery takes them off the count, and must then note them as refunded.
 */
export function refundsOf({ lapsed }: ExpiryHistory, recoveries: number): readonly string[] {
  if (recoveries === 0) return [];
  return lapsed
    .filter(({ is_counted, is_refunded }) => is_counted && !is_refunded)
    .toSorted((left, right) => left.epoch - right.epoch)
    .slice(-recoveries)
    .filter(({ returned_at }) => returned_at !== null)
    .map(({ lease_id }) => lease_id);
}

export interface ExpiredLeases {
  /** Records an expired lease. `refunded` are the recoveries that its recovery took off the count. */
  note(
    lease: Lease,
    about: { readonly isCounted: boolean; readonly refunded: readonly string[] },
  ): Promise<void>;
  /**
   * For a token whose lease is lost. If the lease expired, counts a false alarm, once for each lease, and returns
   * how many seconds late the holder is; else null. `lease` is the lease object, if it still exists.
   */
  returned(token: PresentedToken, lease: Lease | null, now: Timestamp): Promise<number | null>;
  of(jobId: string): Promise<ExpiryHistory>;
  remove(jobId: string): Promise<void>;
}

/** The record keeps only the latest. A holder that comes back after this many others is not counted. */
const MAX_EXPIRED_LEASES = 20;

/** The decision about a record. Without `write` the record stays as it is. */
interface RecordChange<T> {
  readonly write?: ExpiredLeaseRecord;
  readonly outcome: T;
}

interface StoredRecord {
  readonly version: Version;
  readonly record: ExpiredLeaseRecord | null;
}

export function createExpiredLeases(parts: {
  store: ObjectStore;
  objects: ObjectWriter;
  tally: FalseAlarmTally;
}): ExpiredLeases {
  const { store, objects, tally } = parts;

  async function read(key: string): Promise<StoredRecord | null> {
    const object = await store.get(key);
    if (object === null) return null;
    // An unreadable record starts again from zero: it holds statistics, and no job depends on it.
    return { version: object.version, record: decode(object.body) };
  }

  /** Null where the record cannot be read or written: statistics must not fail the operation. */
  async function change<T>(
    key: string,
    decide: (record: ExpiredLeaseRecord | null) => RecordChange<T>,
  ): Promise<T | null> {
    try {
      const changed = await objects.change<StoredRecord, T>(key, {
        read: () => read(key),
        decide(current) {
          const { write, outcome } = decide(current?.record ?? null);
          if (write === undefined) return ok({ kind: 'keep', value: outcome });
          // A crash of the machine may take a new record, but none with earlier refunds.
          const durability = current === null ? 'ordered' : 'durable';
          return ok({ kind: 'write', body: encode(write), durability, written: () => outcome });
        },
      });
      return changed.ok ? changed.value : null;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return null;
    }
  }

  return {
    async note(lease, { isCounted, refunded }) {
      await change(expiredLeasesKey(lease.job_id), stored => {
        const record = stored ?? emptyRecord(lease.job_id);
        const known = record.lapsed.find(({ lease_id }) => lease_id === lease.lease_id);
        // The holder may have come back before this call.
        const expired = { ...(known ?? expiredOf(lease)), is_counted: isCounted };
        return { write: withRefunds(withExpired(record, expired), refunded), outcome: null };
      });
    },

    async returned(token, lease, now) {
      const returned = await change(expiredLeasesKey(token.safeName), record => {
        const known = record?.lapsed.find(({ lease_id }) => lease_id === token.leaseId);
        // A lease that its holder or an operator ended did not expire.
        const isDead = lease !== null && lease.ended_at === null;
        const expired = known ?? (isDead ? expiredOf(lease) : null);
        if (expired === null || !provesDigest(token, expired.token_sha256))
          return { outcome: null };
        const lateSeconds = Math.max(0, millisBetween(expired.expires_at, now) / 1000);
        const outcome = { lateSeconds, expired, isFirst: expired.returned_at === null };
        if (!outcome.isFirst) return { outcome };
        const base = record ?? emptyRecord(lease?.job_id ?? token.safeName);
        return { write: withReturn(base, { ...expired, returned_at: now }, lateSeconds), outcome };
      });
      if (returned === null) return null;
      const { lateSeconds, expired, isFirst } = returned;
      if (isFirst) tally.add(lateSeconds, coveringTtl(expired, lateSeconds));
      return lateSeconds;
    },

    async of(jobId) {
      const stored = await read(expiredLeasesKey(jobId));
      if (stored === null || stored.record === null) return { alarms: null, lapsed: [] };
      const { lapsed, job_id: _jobId, ...alarms } = stored.record;
      return { alarms: alarms.false_alarms === 0 ? null : alarms, lapsed };
    },

    async remove(jobId) {
      await store.delete(expiredLeasesKey(jobId), UNCONDITIONAL, 'ordered');
    },
  };
}

/** `jobId` may also be the safe name. */
function expiredLeasesKey(jobId: string): string {
  return `${EXPIRED_LEASE_KEYS}${safeName(jobId)}.json`;
}

function emptyRecord(jobId: string): ExpiredLeaseRecord {
  return {
    job_id: jobId,
    false_alarms: 0,
    worst_late_seconds: 0,
    suggested_ttl_seconds: 0,
    last_at: null,
    lapsed: [],
  };
}

function expiredOf({
  lease_id,
  token_sha256,
  ttl_seconds,
  expires_at,
  epoch,
}: Lease): ExpiredLease {
  const counted = { is_counted: true, is_refunded: false };
  return { lease_id, token_sha256, ttl_seconds, expires_at, returned_at: null, epoch, ...counted };
}

function withExpired(record: ExpiredLeaseRecord, expired: ExpiredLease): ExpiredLeaseRecord {
  const others = record.lapsed.filter(({ lease_id }) => lease_id !== expired.lease_id);
  return { ...record, lapsed: [...others, expired].slice(-MAX_EXPIRED_LEASES) };
}

function withRefunds(record: ExpiredLeaseRecord, refunded: readonly string[]): ExpiredLeaseRecord {
  const lapsed = record.lapsed.map(expired =>
    refunded.includes(expired.lease_id) ? { ...expired, is_refunded: true } : expired,
  );
  return { ...record, lapsed };
}

function withReturn(
  record: ExpiredLeaseRecord,
  expired: ExpiredLease,
  lateSeconds: number,
): ExpiredLeaseRecord {
  return {
    ...withExpired(record, expired),
    false_alarms: record.false_alarms + 1,
    worst_late_seconds: Math.max(record.worst_late_seconds, lateSeconds),
    suggested_ttl_seconds: Math.max(
      record.suggested_ttl_seconds,
      coveringTtl(expired, lateSeconds),
    ),
    last_at: expired.returned_at,
  };
}

/** The ttl in seconds that would have been long enough for a holder that came back so late, with a fifth to spare. */
function coveringTtl({ ttl_seconds }: ExpiredLease, lateSeconds: number): number {
  return Math.min(MAX_TTL_SECONDS, Math.ceil((ttl_seconds + lateSeconds) * 1.2));
}

function encode(record: ExpiredLeaseRecord): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(record));
}

function decode(body: Uint8Array): ExpiredLeaseRecord | null {
  const parsed = ExpiredLeaseRecord.safeParse(tryParseJson(new TextDecoder().decode(body)));
  return parsed.success ? parsed.data : null;
}
