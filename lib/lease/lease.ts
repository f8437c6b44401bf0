import * as z from 'zod';
import type { Timestamp } from '../base/timestamp.ts';
import { jobIdFault, jobKey, safeName } from '../keys/job-id.ts';
import { Time } from '../schema/timestamp.ts';
import type { Bytes } from '../store.ts';

/** The ttl of a lease if the request names none. */
export const DEFAULT_TTL_SECONDS = 60;
export const MIN_TTL_SECONDS = 1;
export const MAX_TTL_SECONDS = 3600;

export const MAX_HOLDER_CHARACTERS = 200;
/** The limit for the JSON text of the progress, so that a lease stays small. */
export const MAX_PROGRESS_BYTES = 256;

/** A request of an operator to the holder of a job. */
export const LeaseRequest = z.enum(['pause', 'cancel', 'fail']);
export type LeaseRequest = z.infer<typeof LeaseRequest>;

/**
 * One lease, in its own object `leases/<safe>.<lease id>.json`. A heartbeat writes this object and not the
 * job. A list of `leases/` is a list of the running jobs.
 */
export const Lease = z.object({
  job_id: z.string().refine(jobId => jobIdFault(jobId, '') === null, 'Not a job id'),
  lease_id: z.string().min(1),
  epoch: z.int().min(1),
  holder: z.string(),
  token_sha256: z.string(),
  ttl_seconds: z.int().min(MIN_TTL_SECONDS).max(MAX_TTL_SECONDS),
  acquired_at: Time,
  renewed_at: Time,
  expires_at: Time,
  renewals: z.int().min(0),
  /** The number of renewals after the expiry of the lease, before another caller took the job. */
  late_renewals: z.int().min(0).default(0),
  worst_late_seconds: z.number().min(0).default(0),
  /** The last progress that the holder sent. */
  progress: z.unknown(),
  /** When it was sent. Null if the holder sent none, or if an older version of the service has written the lease. */
  progress_at: Time.nullable().default(null),
  /** The sheet that it is of. Null if the holder did not say it. */
  progress_sheet: z.int().min(1).nullable().default(null),
  requested: LeaseRequest.nullable(),
  /** The message of the operator with the request. */
  request_message: z.string().nullable().default(null),
  /** The name of the access token of the operator; null if there are no tokens. */
  requested_by: z.string().nullable().default(null),
  /** Set once, when the lease expires or is ended. After that it cannot be renewed. */
  expired: z.boolean(),
  /** The digest of the request that got the lease, if the request had an idempotency key. */
  request_sha256: z.string().nullable().default(null),
  /** When its holder or an operator ended it. Null if neither did. */
  ended_at: Time.nullable().default(null),
});
export type Lease = z.infer<typeof Lease>;

/** The prefix of the keys of all leases. */
export const LEASE_KEYS = 'leases/';

const SUFFIX = '.json';
const MAX_LEASE_BYTES = 8192;

/** The key of a lease. `jobId` may be the safe name. */
export function leaseKey(jobId: string, leaseId: string): string {
  return `${LEASE_KEYS}${safeName(jobId)}.${leaseId}${SUFFIX}`;
}

/** The prefix of the keys of one job's leases. */
export function leaseKeysOf(jobId: string): string {
  return `${LEASE_KEYS}${safeName(jobId)}.`;
}

/** So many characters at the end of the key of a lease have its id, which may be derived from an idempotency key and is that of one job alone. */
export const LEASE_ID_END = `.${'0'.repeat(32)}${SUFFIX}`.length;

/** The parts of a lease's key, for a lease whose object cannot be read. Safe names contain no full stop. */
export function parseLeaseKey(key: string): { jobKey: string; leaseId: string } | null {
  const [, safe, leaseId] = /^leases\/([^.]+)\.([^.]+)\.json$/su.exec(key) ?? [];
  if (safe === undefined || leaseId === undefined) return null;
  return { jobKey: jobKey(safe), leaseId };
}

/** What decides whether a lease runs, and whether its holder is late. */
export type LeaseTimes = Pick<Lease, 'expires_at' | 'renewed_at' | 'ttl_seconds' | 'expired'>;

const ENDED = 'ended';

/** The label of a lease: its times. So a list shows which leases run, and how well, without reading their bodies. */
export function labelOfLease({ expires_at, renewed_at, ttl_seconds, expired }: LeaseTimes): string {
  const times = `${expires_at} ${renewed_at} ${ttl_seconds}`;
  return expired ? `${times} ${ENDED}` : times;
}

/** The expiry in the label of a lease. Null if the label is invalid. */
export function expiryFromLabel(label: string): Timestamp | null {
  const parsed = Time.safeParse(label.split(' ')[0]);
  return parsed.success ? parsed.data : null;
}

const Label = z.tuple([
  Time,
  Time,
  z.coerce.number().int().min(MIN_TTL_SECONDS).max(MAX_TTL_SECONDS),
  z.literal(ENDED).optional(),
]);

/** The times in the label of a lease. Null if the label is invalid, or is that of an earlier version: the expiry alone. */
export function timesFromLabel(label: string): LeaseTimes | null {
  const parsed = Label.safeParse(label.split(' '));
  if (!parsed.success) return null;
  const [expires_at, renewed_at, ttl_seconds, ended] = parsed.data;
  return { expires_at, renewed_at, ttl_seconds, expired: ended !== undefined };
}

export function encodeLease(lease: Lease): Bytes {
  const {
    request_message,
    requested_by,
    ended_at,
    progress_at,
    progress_sheet,
    late_renewals,
    worst_late_seconds,
    request_sha256,
    ...always
  } = lease;
  const stored = {
    ...always,
    ...(late_renewals === 0 ? {} : { late_renewals, worst_late_seconds }),
    ...(progress_at === null ? {} : { progress_at }),
    ...(progress_sheet === null ? {} : { progress_sheet }),
    ...(request_sha256 === null ? {} : { request_sha256 }),
    ...(request_message === null ? {} : { request_message }),
    ...(requested_by === null ? {} : { requested_by }),
    ...(ended_at === null ? {} : { ended_at }),
  };
  return new TextEncoder().encode(JSON.stringify(stored));
}

/** Decodes a lease, or returns the reason why the bytes are not one. */
export function decodeLease(
  body: Uint8Array,
  key: string,
): { readonly ok: true; readonly lease: Lease } | { readonly ok: false; readonly reason: string } {
  // A lease has a few hundred bytes, or a few thousand with long names in other scripts. A larger object is not one.
  if (body.byteLength > MAX_LEASE_BYTES) return { ok: false, reason: 'Too large to be a lease' };
  const parsed = Lease.safeParse(parseJson(body));
  if (!parsed.success) return { ok: false, reason: z.prettifyError(parsed.error) };
  const lease = parsed.data;
  if (leaseKey(lease.job_id, lease.lease_id) === key) return { ok: true, lease };
  return { ok: false, reason: 'The lease does not belong to the name of the object' };
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}
