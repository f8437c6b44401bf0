import * as z from 'zod';
import type { Timestamp } from '../base/timestamp.ts';
import { jobIdFault, jobKey, safeName } from '../keys/job-id.ts';
import { Time } from '../schema/timestamp.ts';
import type { Bytes } from '../store.ts';

/** How long a lease lasts where its holder does not say. */
export const DEFAULT_TTL_SECONDS = 60;
export const MIN_TTL_SECONDS = 5;
export const MAX_TTL_SECONDS = 3600;

export const MAX_HOLDER_CHARACTERS = 200;
/** Of JSON text, so that a lease stays small. */
export const MAX_PROGRESS_BYTES = 256;

/** What an operator asks of the holder of a job. */
export const LeaseRequest = z.enum(['pause', 'cancel', 'fail']);
export type LeaseRequest = z.infer<typeof LeaseRequest>;

/**
 * One lease, in an object of its own: `leases/<safe>.<lease id>.json`. A heartbeat writes this and not
 * the job, and to list `leases/` is to list what runs.
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
  /** Renewals that came after the end of the lease, before anybody had taken the job. */
  late_renewals: z.int().min(0).default(0),
  worst_late_seconds: z.number().min(0).default(0),
  /** What the holder last told of its progress. */
  progress: z.unknown(),
  requested: LeaseRequest.nullable(),
  /** What the operator said with the request. */
  request_message: z.string().nullable().default(null),
  /** Set once, when the lease is over in whatever way: from then on there is no renewal. */
  expired: z.boolean(),
  /** Of the request that it was granted to, where that came with an idempotency key. */
  request_sha256: z.string().nullable().default(null),
  /** When its holder or an operator ended it, null where it is for time to end it. */
  ended_at: Time.nullable().default(null),
});
export type Lease = z.infer<typeof Lease>;

/** Where leases are listed. */
export const LEASE_KEYS = 'leases/';

const SUFFIX = '.json';
const MAX_LEASE_BYTES = 8192;

/** `jobId` may be its safe name already. */
export function leaseKey(jobId: string, leaseId: string): string {
  return `${LEASE_KEYS}${safeName(jobId)}.${leaseId}${SUFFIX}`;
}

/** Where the leases of one job are listed. */
export function leaseKeysOf(jobId: string): string {
  return `${LEASE_KEYS}${safeName(jobId)}.`;
}

/** What a lease's key tells when the object under it tells nothing. Safe names hold no full stop. */
export function parseLeaseKey(key: string): { jobKey: string; leaseId: string } | null {
  const [, safe, leaseId] = /^leases\/([^.]+)\.([^.]+)\.json$/su.exec(key) ?? [];
  if (safe === undefined || leaseId === undefined) return null;
  return { jobKey: jobKey(safe), leaseId };
}

/** A lease's label: when it ends, so that a list alone tells which ones run. */
export function labelOfLease({ expires_at }: Lease): string {
  return expires_at;
}

/** Null where the text is no such label. */
export function endIn(label: string): Timestamp | null {
  const parsed = Time.safeParse(label);
  return parsed.success ? parsed.data : null;
}

export function encodeLease(lease: Lease): Bytes {
  const {
    request_message,
    ended_at,
    late_renewals,
    worst_late_seconds,
    request_sha256,
    ...always
  } = lease;
  const stored = {
    ...always,
    ...(late_renewals === 0 ? {} : { late_renewals, worst_late_seconds }),
    ...(request_sha256 === null ? {} : { request_sha256 }),
    ...(request_message === null ? {} : { request_message }),
    ...(ended_at === null ? {} : { ended_at }),
  };
  return new TextEncoder().encode(JSON.stringify(stored));
}

/** The lease in these bytes, or why there is none to be read. */
export function decodeLease(
  body: Uint8Array,
  key: string,
): { readonly ok: true; readonly lease: Lease } | { readonly ok: false; readonly reason: string } {
  // A few hundred bytes, a few thousand where names are long and of other scripts; what is larger is none.
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
