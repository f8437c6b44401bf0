import { ENTRY_BYTES, MEMORY_BOUNDS } from '../base/memory-bounds.ts';
import { ownText } from '../base/own-text.ts';
import { type Timestamp, toUnixMicros } from '../base/timestamp.ts';
import type { Lease } from '../lease/lease.ts';

/**
 * When the leases end that this process has seen. It is a memory and no more: a claim that finds
 * nothing waiting looks here for what has just died, without asking the store. The sweep finds the rest.
 */
export interface LeaseDeadlines {
  saw(key: string, lease: Lease): void;
  forget(key: string): void;
  /** Forgets the leases that are over by now and are none of these, which are all there are. */
  forgetGone(present: ReadonlySet<string>, now: Timestamp): void;
  /** Keys of leases that should be over by now; the store has the last word. */
  due(now: Timestamp): string[];
}

/** Of a key of the longest job id, the time and a place in the map. */
const BYTES_PER_LEASE = ENTRY_BYTES + 2 * 255;
const MAX_LEASES = Math.floor(MEMORY_BOUNDS.leaseWatch.bytes / BYTES_PER_LEASE);

export function createLeaseDeadlines(): LeaseDeadlines {
  const endings = new Map<string, bigint>();

  function due(now: Timestamp): string[] {
    const micros = toUnixMicros(now);
    return [...endings].filter(([, endsAt]) => endsAt <= micros).map(([key]) => key);
  }

  return {
    saw(key, lease) {
      // Where there is no more room the sweep finds what this does not know.
      if (!endings.has(key) && endings.size >= MAX_LEASES) return;
      endings.set(ownText(key), toUnixMicros(lease.expires_at));
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
