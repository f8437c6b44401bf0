import * as z from 'zod';
import type { Timestamp } from '../base/timestamp.ts';
import { tryParseJson } from '../base/try-parse-json.ts';
import { ok } from '../failure.ts';
import { safeName } from '../keys/job-id.ts';
import { type Lease, MAX_TTL_SECONDS } from '../lease/lease.ts';
import { millisBetween } from '../lease/rules.ts';
import { type PresentedToken, provesDigest } from '../lease/token.ts';
import { Time } from '../schema/timestamp.ts';
import { type ObjectStore, UNCONDITIONAL, type Version } from '../store.ts';
import type { ObjectWriter } from './compare-and-swap.ts';

/** A lease that ended without its holder: whether it was dead, or only late, is not known yet. */
const ExpiredLease = z.object({
  lease_id: z.string(),
  token_sha256: z.string(),
  ttl_seconds: z.number(),
  expires_at: Time,
  returned_at: Time.nullable(),
  epoch: z.int().min(0).default(0),
  /** Whether it was counted as a recovery of the job. */
  is_counted: z.boolean().default(true),
  /** Whether that was taken back, its holder having come back. */
  is_refunded: z.boolean().default(false),
});
type ExpiredLease = z.infer<typeof ExpiredLease>;

/** `lapses/<safe>.json`: the lapsed leases of one job, and how many of their holders came back. */
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

/** Holders that were taken for dead and were not. */
export type FalseAlarms = Omit<ExpiredLeaseRecord, 'lapsed' | 'job_id'>;

/** What is known of the lapsed leases of one job. */
export interface ExpiryHistory {
  /** Null where there were none. */
  readonly alarms: FalseAlarms | null;
  readonly lapsed: readonly ExpiredLease[];
}

/**
 * Of so many recoveries those whose holders came back, by lease id: they were false alarms, and the job has
 * done nothing. To be noted as refunded with the recovery that takes them off its count.
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
  /** A lease was taken from its holder; `refunded` are the recoveries that were taken back with it. */
  note(
    lease: Lease,
    about: { readonly isCounted: boolean; readonly refunded: readonly string[] },
  ): Promise<void>;
  /**
   * Somebody shows a token that opens nothing any more. If it is of a lapsed lease a false alarm is
   * counted, once for each lease; the answer is how late its holder is. `lease` is the lease object,
   * where that is still there.
   */
  returned(token: PresentedToken, lease: Lease | null, now: Timestamp): Promise<number | null>;
  of(jobId: string): Promise<ExpiryHistory>;
  remove(jobId: string): Promise<void>;
}

/** Older ones are forgotten: who comes back after so many others have had the job is not counted. */
const MAX_EXPIRED_LEASES = 20;

/** What a decision about a record comes to; without `write` it stays as it is. */
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
    // What cannot be read is begun anew: these are figures, and no job hangs on them.
    return { version: object.version, record: decode(object.body) };
  }

  async function change<T>(
    key: string,
    decide: (record: ExpiredLeaseRecord | null) => RecordChange<T>,
  ): Promise<T | null> {
    const changed = await objects.change<StoredRecord, T>(key, {
      read: () => read(key),
      decide(current) {
        const { write, outcome } = decide(current?.record ?? null);
        if (write === undefined) return ok({ kind: 'keep', value: outcome });
        return ok({ kind: 'write', body: encode(write), written: () => outcome });
      },
    });
    // Figures that cannot be written now are not worth a failure.
    return changed.ok ? changed.value : null;
  }

  return {
    async note(lease, { isCounted, refunded }) {
      await change(expiredLeasesKey(lease.job_id), stored => {
        const record = stored ?? emptyRecord(lease.job_id);
        const known = record.lapsed.find(({ lease_id }) => lease_id === lease.lease_id);
        // Its holder may have come back before this was noted.
        const expired = { ...(known ?? expiredOf(lease)), is_counted: isCounted };
        return { write: withRefunds(withExpired(record, expired), refunded), outcome: null };
      });
    },

    async returned(token, lease, now) {
      const returned = await change(expiredLeasesKey(token.safeName), record => {
        const known = record?.lapsed.find(({ lease_id }) => lease_id === token.leaseId);
        // A lease that was ended on purpose was taken from nobody.
        const isDead = lease !== null && lease.ended_at === null;
        const expired = known ?? (isDead ? expiredOf(lease) : null);
        if (expired === null || !provesDigest(token, expired.token_sha256))
          return { outcome: null };
        const lateSeconds = Math.max(0, millisBetween(expired.expires_at, now) / 1000);
        const outcome = { lateSeconds, isFirst: expired.returned_at === null };
        if (!outcome.isFirst) return { outcome };
        const base = record ?? emptyRecord(lease?.job_id ?? token.safeName);
        return { write: withReturn(base, { ...expired, returned_at: now }, lateSeconds), outcome };
      });
      if (returned === null) return null;
      if (returned.isFirst) tally.add(returned.lateSeconds);
      return returned.lateSeconds;
    },

    async of(jobId) {
      const stored = await read(expiredLeasesKey(jobId));
      if (stored === null || stored.record === null) return { alarms: null, lapsed: [] };
      const { lapsed, job_id: _jobId, ...alarms } = stored.record;
      return { alarms: alarms.false_alarms === 0 ? null : alarms, lapsed };
    },

    async remove(jobId) {
      await store.delete(expiredLeasesKey(jobId), UNCONDITIONAL);
    },
  };
}

/** `jobId` may be its safe name already. */
function expiredLeasesKey(jobId: string): string {
  return `lapses/${safeName(jobId)}.json`;
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
  const covering = Math.min(MAX_TTL_SECONDS, Math.ceil((expired.ttl_seconds + lateSeconds) * 1.2));
  return {
    ...withExpired(record, expired),
    false_alarms: record.false_alarms + 1,
    worst_late_seconds: Math.max(record.worst_late_seconds, lateSeconds),
    suggested_ttl_seconds: Math.max(record.suggested_ttl_seconds, covering),
    last_at: expired.returned_at,
  };
}

function encode(record: ExpiredLeaseRecord): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(record));
}

function decode(body: Uint8Array): ExpiredLeaseRecord | null {
  const parsed = ExpiredLeaseRecord.safeParse(tryParseJson(new TextDecoder().decode(body)));
  return parsed.success ? parsed.data : null;
}

/** False alarms that a process has seen since it started. */
export interface Tally {
  readonly count: number;
  readonly worst_late_seconds: number;
}

export interface FalseAlarmTally {
  add(lateSeconds: number): void;
  read(): Tally;
}

export function createFalseAlarmTally(): FalseAlarmTally {
  let tally: Tally = { count: 0, worst_late_seconds: 0 };
  return {
    add(lateSeconds) {
      const worst_late_seconds = Math.max(tally.worst_late_seconds, lateSeconds);
      tally = { count: tally.count + 1, worst_late_seconds };
    },
    read: () => tally,
  };
}
