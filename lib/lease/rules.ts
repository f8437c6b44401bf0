import { fromUnixMicros, type Timestamp, toUnixMicros } from '../base/timestamp.ts';
import type { Lease, LeaseRequest } from './lease.ts';
import { MAX_TTL_SECONDS } from './lease.ts';

/*
 * The rules of one lease, pure: time is an argument. Clocks decide when a job may be taken, never who
 * holds it; that is for the job itself to say.
 */

/** A holder that renews at this share of the ttl may miss two renewals and lose nothing. */
const RENEWALS_PER_TTL = 3;

const MICROS_PER_SECOND = 1_000_000n;

/** The longest ttl, and as much again for servers whose clocks differ. */
const LONGEST_LEFT_MICROS = 2n * BigInt(MAX_TTL_SECONDS) * MICROS_PER_SECOND;

/** When a lease of this length ends. Throws a `RangeError` past the year 9999. */
export function expiryOf(now: Timestamp, ttlSeconds: number): Timestamp {
  const expiresAt = fromUnixMicros(toUnixMicros(now) + BigInt(ttlSeconds) * MICROS_PER_SECOND);
  if (expiresAt === null) throw new RangeError('The lease would end after the year 9999');
  return expiresAt;
}

/** How long after an answer the holder is to renew. */
export function renewAfterMs({ ttl_seconds }: Pick<Lease, 'ttl_seconds'>): number {
  return Math.floor((ttl_seconds * 1000) / RENEWALS_PER_TTL);
}

/**
 * Whether the holder may renew. Time alone ends no lease: who takes the job marks the lease as over
 * first, by compare-and-swap, and until then its holder may renew it, however late. A lease that its
 * holder gives back, or that an operator ends, is ended while there is time left of it: to
 * everyone else it runs until then, or until the job has let go of it.
 */
export function isRenewable(lease: Lease): boolean {
  return !lease.expired;
}

/** Whether nobody may take the job from the holder yet. */
export function isRunning({ expires_at }: Pick<Lease, 'expires_at'>, now: Timestamp): boolean {
  const left = toUnixMicros(expires_at) - toUnixMicros(now);
  // No lease lasts so long: a clock has jumped since, or another program has written it.
  return left > 0n && left <= LONGEST_LEFT_MICROS;
}

/** Whether two renewals in a row have not come. */
export function isOverdue(lease: Lease, now: Timestamp): boolean {
  return millisBetween(lease.renewed_at, now) > 2 * renewAfterMs(lease);
}

/** A lease as it is granted; `epoch` is the job's next. */
export function granted(
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
    requested: null,
    request_message: null,
    expired: false,
    ended_at: null,
  };
}

/** A lease that lasts its ttl from now on, with no word from its holder. */
export function restarted(lease: Lease, now: Timestamp): Lease {
  return { ...lease, renewed_at: now, expires_at: expiryOf(now, lease.ttl_seconds) };
}

/** What a heartbeat brings: undefined leaves as it is. */
export interface Beat {
  readonly progress: unknown;
  readonly ttlSeconds: number | undefined;
}

/** How long after its end a lease is renewed; zero before that. */
export function lateSeconds(lease: Pick<Lease, 'expires_at'>, now: Timestamp): number {
  return Math.max(0, millisBetween(lease.expires_at, now) / 1000);
}

/** A lease that nobody has taken, renewed from now on. */
export function renewed(lease: Lease, beat: Beat, now: Timestamp): Lease {
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
    progress: beat.progress === undefined ? lease.progress : beat.progress,
  };
}

/** The lease with what an operator asks of its holder, where nothing weightier is asked already. */
export function withRequest(lease: Lease, requested: LeaseRequest, message: string | null): Lease {
  if (weightier(lease.requested, requested) !== requested) return lease;
  return { ...lease, requested, request_message: message };
}

/** The lease with nothing asked of its holder any more. */
export function withoutRequest(lease: Lease): Lease {
  return { ...lease, requested: null, request_message: null };
}

/** Of two requests the one that is carried out: who is to cancel need not pause. */
export function weightier(before: LeaseRequest | null, request: LeaseRequest): LeaseRequest {
  if (before === null) return request;
  return WEIGHTS[before] > WEIGHTS[request] ? before : request;
}

const WEIGHTS: { readonly [Request in LeaseRequest]: number } = { pause: 1, fail: 2, cancel: 3 };

/** A lease whose time has come: no renewal after this. */
export function expired(lease: Lease): Lease {
  return { ...lease, expired: true };
}

/** The job is to leave this lease within so long; after that anybody may take it. */
const ENDING_SECONDS = 5;

/** A lease that its holder, or an operator, ends before its time: no renewal after this. */
export function ended(lease: Lease, now: Timestamp): Lease {
  const soon = expiryOf(now, ENDING_SECONDS);
  const expires_at = millisBetween(soon, lease.expires_at) > 0 ? soon : lease.expires_at;
  return { ...lease, expired: true, ended_at: lease.ended_at ?? now, expires_at };
}

/** How long after a moment another one is, negative where it is before. */
export function millisBetween(from: Timestamp, to: Timestamp): number {
  return Number(toUnixMicros(to) - toUnixMicros(from)) / 1000;
}

/** Whole seconds until then, at least one: for `Retry-After`. */
export function secondsUntil(time: Timestamp, now: Timestamp): number {
  return Math.max(1, Math.ceil(millisBetween(now, time) / 1000));
}
