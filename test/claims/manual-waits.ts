import type { Waits } from '../../lib/claims/waiting-line.ts';
import type { MovableClock } from '../support/clock.ts';
import { settled } from '../support/settling/under-way.ts';

/** Time for claims that wait, which passes when a test says so. */
export interface ManualWaits extends Waits {
  /** Moves the clock on, and runs on the way what is due. */
  advance(milliseconds: number): Promise<void>;
  /** Settles when so many claims have begun to wait since the start of the test. */
  begun(count: number): Promise<void>;
  /** How many timers are set. */
  pending(): number;
}

/** The tests let claims wait for longer than any other timer of the line. */
const A_WAIT_MS = 15_000;

export function manualWaits(clock: MovableClock, most = 100): ManualWaits {
  const timers = new Set<{ readonly atMs: number; readonly call: () => void }>();
  const watching = new Set<() => void>();
  let begun = 0;

  function nextDue(untilMs: number) {
    return [...timers]
      .filter(({ atMs }) => atMs <= untilMs)
      .toSorted((left, right) => left.atMs - right.atMs)[0];
  }

  return {
    most,
    after(milliseconds, call) {
      const timer = { atMs: clock.millis() + Math.ceil(milliseconds), call };
      timers.add(timer);
      if (milliseconds > A_WAIT_MS) begun += 1;
      for (const look of watching) look();
      return () => timers.delete(timer);
    },
    async advance(milliseconds) {
      const endMs = clock.millis() + milliseconds;
      await settled();
      for (let timer = nextDue(endMs); timer !== undefined; timer = nextDue(endMs)) {
        timers.delete(timer);
        clock.advance(Math.max(0, timer.atMs - clock.millis()));
        timer.call();
        await settled();
      }
      clock.advance(endMs - clock.millis());
    },
    begun(count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const look = (): void => {
        if (begun < count) return;
        watching.delete(look);
        resolve();
      };
      watching.add(look);
      look();
      return promise;
    },
    pending: () => timers.size,
  };
}
