import type { Lease } from './lease/lease.ts';
import { type Timestamp, toUnixMicros } from './timestamp.ts';

/**
 * When the leases end that this process has seen. It is a memory and no more: a claim that finds
 * nothing waiting looks here for what has just died, without asking the store. The sweep finds the rest.
 */
export interface LeaseWatch {
  saw(key: string, lease: Lease): void;
  forget(key: string): void;
  /** Forgets the leases that are over by now and are none of these, which are all there are. */
  forgetGone(present: ReadonlySet<string>, now: Timestamp): void;
  /** Keys of leases that should be over by now; the store has the last word. */
  due(now: Timestamp): string[];
}

export function createLeaseWatch(): LeaseWatch {
  const endings = new Map<string, bigint>();

  function due(now: Timestamp): string[] {
    const micros = toUnixMicros(now);
    return [...endings].filter(([, endsAt]) => endsAt <= micros).map(([key]) => key);
  }

  return {
    saw(key, lease) {
      endings.set(key, toUnixMicros(lease.expires_at));
    },
    forget(key) {
      endings.delete(key);
    },
    forgetGone(present, now) {
      for (const key of due(now)) if (!present.has(key)) endings.delete(key);
    },
    due,
  };
}
