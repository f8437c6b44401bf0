import { type Timestamp, toUnixMicros } from '../base/timestamp.ts';
import type { Lease, LeaseTimes } from './lease.ts';
import { expiryOf, renewAfterMs } from './rules.ts';

/*
 * The pure rules of a renewal that stays in the memory of its process before it is stored.
 *
 * Other processes see only the stored lease. They must never see it expired while its holder renews it, so a renewal
 * stays in memory only while the stored lease has at least a third of its ttl left. The stored lease is written again
 * when a third of the ttl has passed since its last renewal. That leaves the write another third to be late.
 */

/** The times of a stored lease that decide how long its renewals may stay in memory. Milliseconds since 1970. */
export interface DeferralWindow {
  /** The last renewal that is stored. Before this time the clock has gone back, and no renewal may wait. */
  readonly startsAtMs: number;
  /** The next renewal is written at this time, or when it arrives if that is later. */
  readonly writeAtMs: number;
  /** A renewal after this time must be written before it is acknowledged. */
  readonly endsAtMs: number;
}

export function deferralWindowOf(stored: Lease): DeferralWindow {
  const startsAtMs = millisOf(stored.renewed_at);
  const third = renewAfterMs(stored);
  return {
    startsAtMs,
    writeAtMs: startsAtMs + third,
    endsAtMs: millisOf(stored.expires_at) - third,
  };
}

/** Whether the renewed lease may stay in memory. A new ttl may not: other processes must know it. */
export function mayDefer(
  { stored, window }: { readonly stored: Lease; readonly window: DeferralWindow },
  renewed: Lease,
): boolean {
  if (stored.expired || renewed.expired || renewed.ttl_seconds !== stored.ttl_seconds) return false;
  const renewedAtMs = millisOf(renewed.renewed_at);
  return renewedAtMs >= window.startsAtMs && renewedAtMs <= window.endsAtMs;
}

/**
 * The lease that another writer has stored, with the renewals that this process has in memory. `since` is the lease
 * before these renewals, `renewed` the lease with them. All of them came before that write, because each was made while
 * the stored lease was unchanged: so where it has made the lease shorter, the lease stays so. A lease that has ended takes no
 * renewals, and neither does one of another grant.
 */
export function addRenewals(
  found: Lease,
  { since, renewed }: { readonly since: Lease; readonly renewed: Lease },
): Lease {
  const isSameGrant = found.epoch === since.epoch && found.token_sha256 === since.token_sha256;
  if (renewed === since || found.expired || !isSameGrant) return found;
  return {
    ...found,
    ...renewedTimes(found, { since, renewed }),
    renewals: found.renewals + renewed.renewals - since.renewals,
    ...(isSameReport(renewed, since) ? {} : reportOf(renewed)),
  };
}

type Report = Pick<Lease, 'progress' | 'progress_at' | 'progress_sheet'>;

function reportOf({ progress, progress_at, progress_sheet }: Lease): Report {
  return { progress, progress_at, progress_sheet };
}

function isSameReport(left: Report, right: Report): boolean {
  return left.progress === right.progress && left.progress_at === right.progress_at;
}

/** As `addRenewals`, for the times alone. */
export function addRenewedTimes(
  found: LeaseTimes,
  { since, renewed }: { readonly since: LeaseTimes; readonly renewed: LeaseTimes },
): LeaseTimes {
  if (renewed === since || found.expired) return found;
  return { ...found, ...renewedTimes(found, { since, renewed }) };
}

function renewedTimes(
  found: LeaseTimes,
  { since, renewed }: { readonly since: LeaseTimes; readonly renewed: LeaseTimes },
): Partial<LeaseTimes> {
  const isLater = toUnixMicros(renewed.renewed_at) > toUnixMicros(found.renewed_at);
  const isShorter = toUnixMicros(found.expires_at) < toUnixMicros(since.expires_at);
  if (!isLater || isShorter) return {};
  const { renewed_at } = renewed;
  return { renewed_at, expires_at: expiryOf(renewed_at, found.ttl_seconds) };
}

/** Whether two leases are the same in everything that a renewal or another writer changes. */
export function isSameContent(left: Lease, right: Lease): boolean {
  return (
    left.renewals === right.renewals &&
    left.epoch === right.epoch &&
    left.renewed_at === right.renewed_at &&
    left.expires_at === right.expires_at &&
    left.expired === right.expired &&
    left.requested === right.requested
  );
}

function millisOf(time: Timestamp): number {
  if (lastTime?.time !== time) lastTime = { time, millis: Number(toUnixMicros(time)) / 1000 };
  return lastTime.millis;
}

/** The heartbeats of one request come at one time. */
let lastTime: { readonly time: Timestamp; readonly millis: number } | null = null;
