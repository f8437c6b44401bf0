import { fromUnixMicros, type Timestamp, toUnixMicros } from '../base/timestamp.ts';
import type { Lease } from './lease.ts';
import { MAX_TTL_SECONDS } from './lease.ts';
import { renewAfterMs } from './rules.ts';

/**
 * A period in which holders could not reach the service, because it was down, suspended or stalled. A holder
 * that could not renew may still be alive, so every lease gets one ttl from the end of the interruption.
 */
export interface Interruption {
  readonly endedAt: Timestamp;
  /** Whole seconds, rounded up. Infinite if the time before `endedAt` is unknown. */
  readonly seconds: number;
}

const MICROS_PER_SECOND = 1_000_000n;
const MAX_TTL_MICROS = BigInt(MAX_TTL_SECONDS) * MICROS_PER_SECOND;

/**
 * Adds an interruption that ends now, and drops the ones without effect: those that are not longer than the
 * new one, and those that ended more than the longest ttl ago. So the list has fewer than a hundred.
 */
export function withInterruption(
  known: readonly Interruption[],
  added: Interruption,
): readonly Interruption[] {
  const oldest = toUnixMicros(added.endedAt) - MAX_TTL_MICROS;
  const relevant = known.filter(
    ({ endedAt, seconds }) => seconds > added.seconds && toUnixMicros(endedAt) > oldest,
  );
  return [...relevant, added];
}

/** Moves ends that are later than `now` to `now`. Needed after the clock went back. */
export function clampEnds(known: readonly Interruption[], now: Timestamp): readonly Interruption[] {
  const latest = toUnixMicros(now);
  return known.map(each =>
    toUnixMicros(each.endedAt) > latest ? { ...each, endedAt: now } : each,
  );
}

/** What the rule of interruptions asks of a lease. */
export type InterruptedLease = Pick<Lease, 'ttl_seconds' | 'renewed_at'>;

/**
 * The end of the grace period of an expired lease, or null if the job may be taken now. An interruption
 * shorter than the time between two renewals counts for nothing, because the holder could renew in time. Nor does
 * one that was over when the lease was renewed: a lease that ends early, as its holder's connection broke, needs no
 * ttl for it.
 */
export function graceEnd(
  interruptions: readonly Interruption[],
  lease: InterruptedLease,
  now: Timestamp,
): Timestamp | null {
  const renewedAt = toUnixMicros(lease.renewed_at);
  const wasRenewedSince = ({ endedAt }: Interruption): boolean =>
    // A renewal in the future is a clock that has jumped.
    toUnixMicros(endedAt) < renewedAt && renewedAt <= toUnixMicros(now);
  const ends = interruptions
    .filter(({ seconds }) => seconds * 1000 >= renewAfterMs(lease))
    .filter(interruption => !wasRenewedSince(interruption))
    .map(({ endedAt }) => toUnixMicros(endedAt) + BigInt(lease.ttl_seconds) * MICROS_PER_SECOND);
  const last = ends.reduce((latest, end) => (end > latest ? end : latest), 0n);
  return last > toUnixMicros(now) ? fromUnixMicros(last) : null;
}
