import { fromUnixMicros, type Timestamp } from '../base/timestamp.ts';
import { graceEnd, type Interruption } from '../lease/interruption.ts';
import { millisBetween } from '../lease/rules.ts';
import type { Availability } from './availability.ts';
import type { MissedRenewals } from './missed-renewals.ts';

/** Where the store knows itself when it may have lost renewals. */
export interface ReportedInterruptions {
  /**
   * When the part of the store that has this lease may last have lost renewals, in milliseconds since 1970, as its answers say.
   * Null if it never did. The lease was read before.
   */
  readonly interruptedAtMs: (leaseKey: string) => number | null;
  readonly missed: MissedRenewals;
}

/** An interruption is in the future where a clock was set back since. One of more than a minute has no effect. */
const MOST_AHEAD_MS = 60_000;

/** Leases end exactly where nothing was lost. */
export function createReportedAvailability({
  interruptedAtMs,
  missed,
}: ReportedInterruptions): Availability {
  function interruptionsOf(leaseKey: string, now: Timestamp): readonly Interruption[] {
    const atMs = interruptedAtMs(leaseKey);
    const endedAt = atMs === null ? null : fromUnixMicros(BigInt(Math.ceil(atMs)) * 1000n);
    if (endedAt === null || millisBetween(now, endedAt) > MOST_AHEAD_MS) return [];
    return [{ endedAt, seconds: Number.POSITIVE_INFINITY }];
  }

  return {
    async getReachability(now) {
      return {
        graceEndOf: (key, lease) =>
          graceEnd([...interruptionsOf(key, now), ...missed.of(key)], lease, now),
      };
    },

    recordMissedRenewal: (leaseKey, now) => missed.add(leaseKey, now),
  };
}
