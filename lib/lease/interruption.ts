import { fromUnixMicros, type Timestamp, toUnixMicros } from '../base/timestamp.ts';
import type { Lease } from './lease.ts';
import { MAX_TTL_SECONDS } from './lease.ts';
import { renewAfterMs } from './rules.ts';

/**
 * A time in which no holder could be heard: the service was down, suspended or stalled. A holder that
 * could not be heard is not dead, so every lease gets one ttl from the end of the interruption.
 */
export interface Interruption {
  readonly endedAt: Timestamp;
  /** Whole seconds, rounded up. Infinite where nothing is known of the time before `endedAt`. */
  readonly seconds: number;
}

const MICROS_PER_SECOND = 1_000_000n;
const MAX_TTL_MICROS = BigInt(MAX_TTL_SECONDS) * MICROS_PER_SECOND;

/**
 * The interruptions that still matter, with one more that ends now. What is shorter and ended before is
 * covered by the new one, and what ended longer ago than the longest ttl is over: fewer than a hundred
 * are ever kept.
 */
export function withInterruption(
  known: readonly Interruption[],
  added: Interruption,
): readonly Interruption[] {
  const oldest = toUnixMicros(added.endedAt) - MAX_TTL_MICROS;
  const kept = known.filter(
    ({ endedAt, seconds }) => seconds > added.seconds && toUnixMicros(endedAt) > oldest,
  );
  return [...kept, added];
}

/** The interruptions after the clock went back to `now`: none ends later than that. */
export function noneLaterThan(
  known: readonly Interruption[],
  now: Timestamp,
): readonly Interruption[] {
  const latest = toUnixMicros(now);
  return known.map(each =>
    toUnixMicros(each.endedAt) > latest ? { ...each, endedAt: now } : each,
  );
}

/**
 * Until when a lease that is over must not be taken, null where it may be. An interruption that is
 * shorter than the time between two renewals kept no holder from renewing in time.
 */
export function graceAfter(
  interruptions: readonly Interruption[],
  lease: Pick<Lease, 'ttl_seconds'>,
  now: Timestamp,
): Timestamp | null {
  const ends = interruptions
    .filter(({ seconds }) => seconds * 1000 >= renewAfterMs(lease))
    .map(({ endedAt }) => toUnixMicros(endedAt) + BigInt(lease.ttl_seconds) * MICROS_PER_SECOND);
  const last = ends.reduce((latest, end) => (end > latest ? end : latest), 0n);
  return last > toUnixMicros(now) ? fromUnixMicros(last) : null;
}
