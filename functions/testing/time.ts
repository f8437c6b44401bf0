import type { Clock } from '../../lib/base/clock.ts';
import { systemTimers } from '../../lib/base/timers.ts';
import { fromUnixMicros } from '../../lib/base/timestamp.ts';

/** The clock of a service in a test: it stands still until the test moves it. */
export interface TestTime {
  readonly clock: Clock;
  /** Calls after so many milliseconds, real ones and those that the test adds. The returned function cancels that. */
  readonly after: (milliseconds: number, call: () => void) => () => void;
  /** Moves the clock on, and calls what is due then. Throws a `RangeError` for a time that is none. */
  readonly advance: (milliseconds: number) => void;
}

interface Timer {
  /** What is left of it, without the real time since `sinceMs`. */
  leftMs: number;
  sinceMs: number;
  cancel: () => void;
  readonly call: () => void;
}

/** Throws a `RangeError` for a start that is no time of the years 1 to 9999. */
export function createTestTime(startMs: number): TestTime {
  let millis = checkedMillis(startMs);
  const timers = new Set<Timer>();

  function arm(timer: Timer): void {
    timer.cancel = systemTimers.after(timer.leftMs, () => fire(timer));
  }

  function fire(timer: Timer): void {
    timers.delete(timer);
    timer.cancel();
    timer.call();
  }

  return {
    clock: {
      now() {
        const now = fromUnixMicros(BigInt(millis) * 1000n);
        if (now === null) throw new RangeError('The clock is outside the years 1 to 9999');
        return now;
      },
      millis: () => millis,
    },

    after(milliseconds, call) {
      const sinceMs = systemTimers.elapsedMs();
      const timer: Timer = { leftMs: milliseconds, sinceMs, cancel: () => undefined, call };
      timers.add(timer);
      arm(timer);
      return () => {
        timers.delete(timer);
        timer.cancel();
      };
    },

    advance(milliseconds) {
      if (!(milliseconds >= 0)) throw new RangeError(`Cannot advance by ${milliseconds} ms`);
      millis = checkedMillis(millis + milliseconds);
      const elapsedMs = systemTimers.elapsedMs();
      // What is called may set timers, which count from now.
      const before = [...timers];
      for (const timer of before) {
        timer.leftMs -= elapsedMs - timer.sinceMs + milliseconds;
        timer.sinceMs = elapsedMs;
        timer.cancel();
        if (timer.leftMs <= 0) fire(timer);
        else arm(timer);
      }
    },
  };
}

function checkedMillis(millis: number): number {
  const whole = Math.round(millis);
  const isTime = Number.isSafeInteger(whole) && fromUnixMicros(BigInt(whole) * 1000n) !== null;
  if (!isTime) throw new RangeError(`Cannot set the clock to ${millis} ms`);
  return whole;
}
