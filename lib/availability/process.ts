import type { Clock } from '../base/clock.ts';
import { clampEnds, graceEnd, type Interruption, withInterruption } from '../lease/interruption.ts';
import { millisBetween } from '../lease/rules.ts';
import type { Availability } from './availability.ts';
import { createMissedRenewals } from './missed-renewals.ts';

/** The availability of one process: from its start on, except for gaps in its own timer. */
export interface ProcessAvailability extends Availability {
  /** Records that the process listens from now on. No holder could reach it before. */
  begin(): void;
  /** To be called every `TICK_MS`. A late call means that the process was suspended or stalled. */
  readonly tick: () => void;
}

/** The time between two ticks. A gap of two ticks must be shorter than the shortest ttl. */
export const TICK_MS = 250;

export function createProcessAvailability(clock: Clock): ProcessAvailability {
  const missed = createMissedRenewals();
  let lastTick = clock.now();
  let interruptions: readonly Interruption[] = [
    { endedAt: lastTick, seconds: Number.POSITIVE_INFINITY },
  ];

  function addInterruption(seconds: number): void {
    interruptions = withInterruption(interruptions, { endedAt: lastTick, seconds });
  }

  function tick(): void {
    const before = lastTick;
    lastTick = clock.now();
    const gapMs = millisBetween(before, lastTick);
    if (gapMs > 2 * TICK_MS) addInterruption(Math.ceil(gapMs / 1000));
    if (gapMs >= 0) return;
    // The clock went back. The length of the interruption is unknown, and the expiry times of leases are wrong.
    interruptions = clampEnds(interruptions, lastTick);
    if (gapMs < -2 * TICK_MS) addInterruption(Number.POSITIVE_INFINITY);
  }

  return {
    begin() {
      lastTick = clock.now();
      addInterruption(Number.POSITIVE_INFINITY);
    },

    tick,

    async getReachability(now) {
      // After a stall a request may run before the timer does.
      tick();
      const known = interruptions;
      return {
        graceEndOf: (key, lease) => graceEnd([...known, ...missed.of(key)], lease, now),
      };
    },

    recordMissedRenewal: (leaseKey, now) => missed.add(leaseKey, now),
  };
}
