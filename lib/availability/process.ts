import type { Clock } from '../base/clock.ts';
import {
  graceAfter,
  type Interruption,
  noneLaterThan,
  withInterruption,
} from '../lease/interruption.ts';
import { millisBetween } from '../lease/rules.ts';
import type { Availability } from './availability.ts';
import { createMissedRenewals } from './missed-renewals.ts';

/** What one process knows of when it listened: since its start, but for the gaps in its own timer. */
export interface ProcessAvailability extends Availability {
  /** The process begins to listen now: before this nobody could be heard. */
  begin(): void;
  /** To be called every `TICK_MS`. A call that comes late tells of a suspended or stalled process. */
  readonly tick: () => void;
}

/** The time between two ticks. */
export const TICK_MS = 1000;

export function createProcessAvailability(clock: Clock): ProcessAvailability {
  const missed = createMissedRenewals();
  let lastTick = clock.now();
  let interruptions: readonly Interruption[] = [
    { endedAt: lastTick, seconds: Number.POSITIVE_INFINITY },
  ];

  function interrupted(seconds: number): void {
    interruptions = withInterruption(interruptions, { endedAt: lastTick, seconds });
  }

  function tick(): void {
    const before = lastTick;
    lastTick = clock.now();
    const gapMs = millisBetween(before, lastTick);
    if (gapMs > 2 * TICK_MS) interrupted(Math.ceil(gapMs / 1000));
    if (gapMs >= 0) return;
    // The clock went back. By how much is not how long nobody was heard, and ends of leases are wrong by it.
    interruptions = noneLaterThan(interruptions, lastTick);
    if (gapMs < -2 * TICK_MS) interrupted(Number.POSITIVE_INFINITY);
  }

  return {
    begin() {
      lastTick = clock.now();
      interrupted(Number.POSITIVE_INFINITY);
    },

    tick,

    async hearing(now) {
      // After a stall a request may be handled before the timer is.
      tick();
      const known = interruptions;
      return {
        graceOf: (key, lease) => graceAfter([...known, ...missed.of(key)], lease, now),
      };
    },

    missed: (leaseKey, now) => missed.add(leaseKey, now),
  };
}
