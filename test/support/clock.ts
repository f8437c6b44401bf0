import { type Clock, systemClock } from '../../lib/base/clock.ts';
import { fromUnixMicros, type Timestamp } from '../../lib/base/timestamp.ts';

/** 2026-03-04T05:06:07Z. */
const START_MICROS = 1_772_600_767_000_000n;

export interface MovableClock extends Clock {
  advance(milliseconds: number): void;
}

/** Stands still until it is told to move on. */
export function frozenClock(startMicros = START_MICROS): MovableClock {
  let micros = startMicros;
  return {
    now: () => timestampAt(micros),
    millis: () => Number(micros / 1000n),
    advance(milliseconds) {
      micros += BigInt(milliseconds) * 1000n;
    },
  };
}

/** The machine's clock, and however far the test has moved it. */
export function movableSystemClock(): MovableClock {
  let aheadMs = 0;
  const millis = () => systemClock.millis() + aheadMs;
  return {
    now: () => timestampAt(BigInt(millis()) * 1000n),
    millis,
    advance(milliseconds) {
      aheadMs += milliseconds;
    },
  };
}

/** Moves on by a second with every look at it. */
export function steppingClock(startMicros = START_MICROS): Clock {
  let micros = startMicros;
  const step = () => {
    micros += 1_000_000n;
    return micros;
  };
  return {
    now: () => timestampAt(step()),
    millis: () => Number(step() / 1000n),
  };
}

function timestampAt(micros: bigint): Timestamp {
  const time = fromUnixMicros(micros);
  if (time === null) throw new RangeError(`Cannot show ${micros} microseconds as a time`);
  return time;
}
