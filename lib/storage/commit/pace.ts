import type { Clock } from '../../base/clock.ts';
import type { Pause } from '../../base/pause.ts';

/** Spreads the writes of a key, for a medium that refuses the second one within a certain time. */
export interface Pace {
  /** Null where the key may be written now, else a promise that resolves then. Changes of it collect meanwhile. */
  wait(key: string): Promise<void> | null;
  /** The key was written, or a write of it was refused because another process has written it. */
  wrote(key: string): void;
  /** Whether a change that was asked for at this time, of `now()`, has waited too long. */
  isLate(askedAt: number): boolean;
  now(): number;
}

export interface PaceOptions {
  readonly clock: Clock;
  readonly pause: Pause;
  /** From the end of a write to the beginning of the next one. */
  readonly everyMs: number;
  /** A change that has waited longer fails: its caller would be gone. */
  readonly longestMs: number;
}

/**
 * Remembers the last write of one key alone, that of the job to which a Durable Object belongs. Ids of one file name share
 * the key.
 */
export function createPace({ clock, pause, everyMs, longestMs }: PaceOptions): Pace {
  let last: { readonly key: string; readonly at: number } | null = null;
  return {
    wait(key) {
      if (last?.key !== key) return null;
      const passedMs = clock.millis() - last.at;
      // A clock that was set back does not make it longer.
      return passedMs < everyMs ? pause(Math.min(everyMs, everyMs - passedMs)) : null;
    },
    wrote(key) {
      last = { key, at: clock.millis() };
    },
    isLate: askedAt => clock.millis() - askedAt > longestMs,
    now: () => clock.millis(),
  };
}
