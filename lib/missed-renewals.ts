import { LRUCache } from 'lru-cache';
import type { Interruption } from './lease/interruption.ts';
import type { Timestamp } from './timestamp.ts';

/**
 * Renewals that the store failed on, by the key of the lease. To its holder the service was interrupted
 * at that moment.
 */
export interface MissedRenewals {
  add(leaseKey: string, now: Timestamp): void;
  /** As an interruption of this lease alone; none where no renewal of it was missed. */
  of(leaseKey: string): readonly Interruption[];
}

/** The key of a lease takes at most 300 bytes: about 1 MB in all. */
const MAX_MISSED = 2000;

export function createMissedRenewals(): MissedRenewals {
  const missed = new LRUCache<string, Timestamp>({ max: MAX_MISSED });
  return {
    add(leaseKey, now) {
      missed.set(leaseKey, now);
    },
    of(leaseKey) {
      const endedAt = missed.get(leaseKey);
      return endedAt === undefined ? [] : [{ endedAt, seconds: Number.POSITIVE_INFINITY }];
    },
  };
}
