import { fromUnixMicros, type Timestamp } from './timestamp.ts';

/** The server's time. No decision uses the time of a client. */
export interface Clock {
  now(): Timestamp;
  /** Milliseconds since 1970. */
  millis(): number;
}

/** The clock of the machine, with a resolution of one millisecond. */
export const systemClock: Clock = {
  now() {
    const now = fromUnixMicros(BigInt(Date.now()) * 1000n);
    if (now === null) throw new RangeError('The clock is outside the years 1 to 9999');
    return now;
  },
  millis() {
    return Date.now();
  },
};
