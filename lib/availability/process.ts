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
  /** The interruptions that still have an effect. */
  known(): readonly Interruption[];
  /** Records that the store could not be reached for so long, up to now: no renewal could be stored. */
  recordOutage(seconds: number): void;
  /**
   * Another process listened when this one began, and knows of these interruptions. They take the place of that before the
   * start. Only the first call has an effect, and none has one after the clock went back.
   */
  inherit(earlier: readonly Interruption[]): void;
}

/** The time between two ticks. A gap of two ticks must be shorter than the shortest ttl. */
export const TICK_MS = 250;

export function createProcessAvailability(clock: Clock): ProcessAvailability {
  const missed = createMissedRenewals();
  let lastTick = clock.now();
  let interruptions: readonly Interruption[] = [
    { endedAt: lastTick, seconds: Number.POSITIVE_INFINITY },
  ];

  /** That of the time before the start. */
  let start: Interruption | null = null;

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
      start = interruptions.at(-1) ?? null;
    },

    tick,

    known: () => interruptions,

    recordOutage(seconds) {
      tick();
      addInterruption(seconds);
    },

    inherit(earlier) {
      const replaced = start;
      start = null;
      if (replaced === null || !interruptions.includes(replaced)) return;
      const since = interruptions.filter(each => each !== replaced);
      // The clock of the other process may be ahead.
      interruptions = [...clampEnds(earlier, clock.now()), ...since];
    },

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
