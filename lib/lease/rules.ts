import { fromUnixMicros, isClearlyLater, type Timestamp, toUnixMicros } from '../base/timestamp.ts';
import type { Lease, LeaseRequest } from './lease.ts';
import { MAX_TTL_SECONDS } from './lease.ts';

/*
 * The pure rules of one lease, with the time as an argument. Clocks decide when a job may be taken. They never
 * decide which caller holds it: the state of the job does.
 */

/** A holder renews this often per ttl, so it may miss two renewals without losing the lease. */
const RENEWALS_PER_TTL = 3;

const MICROS_PER_SECOND = 1_000_000n;

/** Twice the longest ttl, because the clocks of servers differ. */
const LONGEST_LEFT_MICROS = 2n * BigInt(MAX_TTL_SECONDS) * MICROS_PER_SECOND;

/** The expiry of a lease with this ttl. Throws a `RangeError` after the year 9999. */
export function expiryOf(now: Timestamp, ttlSeconds: number): Timestamp {
  if (lastExpiry?.now === now && lastExpiry.ttlSeconds === ttlSeconds) return lastExpiry.expiresAt;
  const expiresAt = fromUnixMicros(toUnixMicros(now) + BigInt(ttlSeconds) * MICROS_PER_SECOND);
  if (expiresAt === null) throw new RangeError('The lease would end after the year 9999');
  lastExpiry = { now, ttlSeconds, expiresAt };
  return expiresAt;
}

/** The heartbeats of one request come at one time, and most leases have the same ttl. */
let lastExpiry: {
  readonly now: Timestamp;
  readonly ttlSeconds: number;
  readonly expiresAt: Timestamp;
} | null = null;

/** The time so many milliseconds later. Throws a `RangeError` after the year 9999. */
export function timeAfter(time: Timestamp, milliseconds: number): Timestamp {
  const later = fromUnixMicros(toUnixMicros(time) + BigInt(Math.round(milliseconds * 1000)));
  if (later === null) throw new RangeError('The time would be after the year 9999');
  return later;
}

/** The delay between an answer and the next renewal by the holder. */
export function renewAfterMs({ ttl_seconds }: Pick<Lease, 'ttl_seconds'>): number {
  return Math.floor((ttl_seconds * 1000) / RENEWALS_PER_TTL);
}

/**
 * Whether the holder may renew. Time alone does not end a lease. A caller that takes the job first sets
 * `expired` on the lease, by compare-and-swap. Until then the holder may renew, however late. A lease that
 * its holder releases, or that an operator ends, has `expired` set before its expiry. For all other callers
 * it still runs until its expiry, or until the job no longer names it.
 */
export function isRenewable(lease: Lease): boolean {
  return !lease.expired;
}

/** Whether the lease has not reached its expiry, so that no other caller may take the job. */
export function isRunning({ expires_at }: Pick<Lease, 'expires_at'>, now: Timestamp): boolean {
  const left = toUnixMicros(expires_at) - toUnixMicros(now);
  // No lease lasts longer. Either a clock has jumped, or another program wrote the lease.
  return left > 0n && left <= LONGEST_LEFT_MICROS;
}

/** Whether two renewals in a row are missing. */
export function isOverdue(
  lease: Pick<Lease, 'renewed_at' | 'ttl_seconds'>,
  now: Timestamp,
): boolean {
  return millisBetween(lease.renewed_at, now) > 2 * renewAfterMs(lease);
}

/** Creates the lease of a grant. `epoch` is the job's next epoch. */
export function createLease(
  ask: Pick<
    Lease,
    'job_id' | 'lease_id' | 'epoch' | 'holder' | 'token_sha256' | 'ttl_seconds' | 'request_sha256'
  >,
  now: Timestamp,
): Lease {
  return {
    ...ask,
    acquired_at: now,
    renewed_at: now,
    expires_at: expiryOf(now, ask.ttl_seconds),
    renewals: 0,
    late_renewals: 0,
    worst_late_seconds: 0,
    progress: null,
    progress_at: null,
    progress_sheet: null,
    requested: null,
    request_message: null,
    requested_by: null,
    expired: false,
    ended_at: null,
  };
}

/** Restarts the ttl of a lease without a renewal by its holder. */
export function restartLease(lease: Lease, now: Timestamp): Lease {
  return { ...lease, renewed_at: now, expires_at: expiryOf(now, lease.ttl_seconds) };
}

/** The values of a heartbeat. An undefined value does not change the lease. */
export interface Beat {
  readonly progress: unknown;
  readonly ttlSeconds: number | undefined;
  /** The sheet that the progress is of, if the holder says it. */
  readonly sheet?: number | undefined;
}

/** The time from the expiry of a lease to `now`. Zero before the expiry. */
export function lateSeconds(lease: Pick<Lease, 'expires_at'>, now: Timestamp): number {
  // Nearly every renewal comes in time, and comparing texts costs a tenth of parsing them.
  if (isClearlyLater(lease.expires_at, now)) return 0;
  return Math.max(0, millisBetween(lease.expires_at, now) / 1000);
}

/** Renews a lease from now on. The lease must be renewable. */
export function renewLease(lease: Lease, beat: Beat, now: Timestamp): Lease {
  const ttl_seconds = beat.ttlSeconds ?? lease.ttl_seconds;
  const late = lateSeconds(lease, now);
  return {
    ...lease,
    late_renewals: lease.late_renewals + (late > 0 ? 1 : 0),
    worst_late_seconds: Math.max(lease.worst_late_seconds, late),
    ttl_seconds,
    renewed_at: now,
    expires_at: expiryOf(now, ttl_seconds),
    renewals: lease.renewals + 1,
    ...(beat.progress === undefined ? {} : reported(beat, now)),
  };
}

/** What a heartbeat reports of the sheet that runs. */
function reported(
  { progress, sheet }: Beat,
  now: Timestamp,
): Pick<Lease, 'progress' | 'progress_at' | 'progress_sheet'> {
  return { progress, progress_at: now, progress_sheet: sheet ?? null };
}

/** A request of an operator to the holder of a lease. */
export interface Requested {
  readonly request: LeaseRequest;
  readonly message: string | null;
  /** The name of the operator's access token; null if there are no tokens. */
  readonly by: string | null;
}

/** The lease with a request of an operator to its holder. An earlier, stronger request stays. */
export function withRequest(lease: Lease, { request, message, by }: Requested): Lease {
  if (strongerRequest(lease.requested, request) !== request) return lease;
  return { ...lease, requested: request, request_message: message, requested_by: by };
}

/** The lease without a request to its holder. */
export function withoutRequest(lease: Lease): Lease {
  return { ...lease, requested: null, request_message: null, requested_by: null };
}

/** The one of two requests that the holder follows. For example a cancel replaces a pause. */
export function strongerRequest(before: LeaseRequest | null, request: LeaseRequest): LeaseRequest {
  if (before === null) return request;
  return STRENGTHS[before] > STRENGTHS[request] ? before : request;
}

const STRENGTHS: { readonly [Request in LeaseRequest]: number } = { pause: 1, fail: 2, cancel: 3 };

/** Expires a lease. After this it cannot be renewed. */
export function expireLease(lease: Lease): Lease {
  return { ...lease, expired: true };
}

/** Lets a lease end at `until`, if it would end later. Its holder may still renew it. */
export function shortenLease(lease: Lease, until: Timestamp): Lease {
  return millisBetween(until, lease.expires_at) > 0 ? { ...lease, expires_at: until } : lease;
}

/** The time to remove an ended lease from its job. After that any caller may take the job. */
const ENDING_SECONDS = 5;

/** Ends a lease before its expiry, for its holder or an operator. After this it cannot be renewed. */
export function endLeaseEarly(lease: Lease, now: Timestamp): Lease {
  const soon = expiryOf(now, ENDING_SECONDS);
  const expires_at = millisBetween(soon, lease.expires_at) > 0 ? soon : lease.expires_at;
  return { ...lease, expired: true, ended_at: lease.ended_at ?? now, expires_at };
}

/** The milliseconds from one time to another. Negative if `to` is earlier. */
export function millisBetween(from: Timestamp, to: Timestamp): number {
  return Number(toUnixMicros(to) - toUnixMicros(from)) / 1000;
}

/** The whole seconds until a time, at least one, for `Retry-After`. */
export function secondsUntil(time: Timestamp, now: Timestamp): number {
  return Math.max(1, Math.ceil(millisBetween(now, time) / 1000));
}
