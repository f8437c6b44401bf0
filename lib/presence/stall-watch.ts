import type { Clock } from '../base/clock.ts';
import type { Timers } from '../base/timers.ts';

/**
 * Notices that this process was suspended or stalled. Workers may have given up their streams meanwhile and sent
 * heartbeats that were not read, so the end of a stream proves nothing until its worker confirms a ping again.
 */
export interface StallWatch {
  /** Called often. A late call means a stall. */
  check(): void;
  /** Called instead after a time in which nobody called `check`. */
  begin(): void;
  /** When the last stall ended, on the steady clock; `-Infinity` if there was none. */
  readonly endedAtMs: number;
}

const STALL_MS = 2000;

export function createStallWatch({
  clock,
  timers,
}: {
  readonly clock: Clock;
  readonly timers: Timers;
}): StallWatch {
  let lastMs = timers.elapsedMs();
  let lastWallMs = clock.millis();
  let endedAtMs = Number.NEGATIVE_INFINITY;

  function begin(): void {
    lastMs = timers.elapsedMs();
    lastWallMs = clock.millis();
  }

  return {
    begin,
    check() {
      // The steady clock may stand still while the machine sleeps. The wall clock does not.
      const gapMs = Math.max(timers.elapsedMs() - lastMs, clock.millis() - lastWallMs);
      begin();
      if (gapMs > STALL_MS) endedAtMs = lastMs;
    },
    get endedAtMs() {
      return endedAtMs;
    },
  };
}
