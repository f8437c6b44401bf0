import { fromUnixMillis, type Timestamp } from './timestamp.ts';

/** The server's time. No decision uses the time of a client. */
export interface Clock {
  now(): Timestamp;
  /** Milliseconds since 1970. */
  millis(): number;
}

/** The last time that was formatted: a request asks for the time several times within a millisecond. */
let formatted: { readonly millis: number; readonly text: Timestamp } | null = null;

/** The clock of the machine, with a resolution of one millisecond. */
export const systemClock: Clock = {
  now() {
    const millis = Date.now();
    if (formatted?.millis === millis) return formatted.text;
    const text = fromUnixMillis(millis);
    formatted = { millis, text };
    return text;
  },
  millis() {
    return Date.now();
  },
};
