import { ENTRY_BYTES, MEMORY_BOUNDS } from '../../base/memory-bounds.ts';
import { ownText } from '../../base/own-text.ts';
import { type Timestamp, toUnixMicros } from '../../base/timestamp.ts';
import type { Lease } from '../../lease/lease.ts';

/**
 * When the leases end that this process has read or written. A claim that finds no waiting job takes an expired
 * lease from here, without a list. It may be lost at any time: the sweep finds all expired leases.
 */
export interface LeaseDeadlines {
  record(key: string, lease: Lease): void;
  forget(key: string): void;
  /** Forgets expired leases that no longer exist. `present` are the keys of all stored leases. */
  forgetMissing(present: ReadonlySet<string>, now: Timestamp): void;
  /** Keys of leases that have probably expired. The store must confirm it. */
  due(now: Timestamp): string[];
  /** When the first lease ends, in microseconds since 1970; null if none is known. */
  next(): bigint | null;
}

/** The key for the longest job id, the time, and the entry in the map. */
const BYTES_PER_LEASE = ENTRY_BYTES + 2 * 255;
const MAX_LEASES = Math.floor(MEMORY_BOUNDS.leaseWatch.bytes / BYTES_PER_LEASE);

export function createLeaseDeadlines(): LeaseDeadlines {
  const endings = new Map<string, bigint>();
  /** The heartbeats of one request end at one time. */
  let last: { readonly time: Timestamp; readonly micros: bigint } | null = null;

  function microsOf(time: Timestamp): bigint {
    if (last?.time !== time) last = { time, micros: toUnixMicros(time) };
    return last.micros;
  }

  function due(now: Timestamp): string[] {
    const micros = toUnixMicros(now);
    return [...endings].filter(([, endsAt]) => endsAt <= micros).map(([key]) => key);
  }

  return {
    record(key, lease) {
      // If there is no room, the sweep finds the lease.
      const isKnown = endings.has(key);
      if (!isKnown && endings.size >= MAX_LEASES) return;
      endings.set(isKnown ? key : ownText(key), microsOf(lease.expires_at));
    },
    forget(key) {
      endings.delete(key);
    },
    forgetMissing(present, now) {
      for (const key of due(now)) if (!present.has(key)) endings.delete(key);
    },
    due,
    next() {
      let next: bigint | null = null;
      for (const endsAt of endings.values()) if (next === null || endsAt < next) next = endsAt;
      return next;
    },
  };
}
