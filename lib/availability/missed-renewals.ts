import { LRUCache } from 'lru-cache';
import { ENTRY_BYTES, MEMORY_BOUNDS } from '../base/memory-bounds.ts';
import { ownText } from '../base/own-text.ts';
import type { Timestamp } from '../base/timestamp.ts';
import type { Interruption } from '../lease/interruption.ts';

/**
 * Renewals that failed because the store failed, by the key of the lease. For the holder this is an
 * interruption of the service.
 */
export interface MissedRenewals {
  add(leaseKey: string, now: Timestamp): void;
  /** The missed renewal as an interruption for this lease only. Empty if there is none. */
  of(leaseKey: string): readonly Interruption[];
}

/** An entry with the longest key of a lease and a time. */
const BYTES_PER_LEASE = ENTRY_BYTES + 300 + 32;

export function createMissedRenewals(): MissedRenewals {
  // A bound in entries would allocate all of them first.
  const missed = new LRUCache<string, Timestamp>({
    maxSize: MEMORY_BOUNDS.missedRenewals.bytes,
    sizeCalculation: () => BYTES_PER_LEASE,
  });
  return {
    add(leaseKey, now) {
      missed.set(ownText(leaseKey), now);
    },
    of(leaseKey) {
      const endedAt = missed.get(leaseKey);
      return endedAt === undefined ? [] : [{ endedAt, seconds: Number.POSITIVE_INFINITY }];
    },
  };
}
