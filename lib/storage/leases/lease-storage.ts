import type { Clock } from '../../base/clock.ts';
import { LEASE_KEYS } from '../../lease/lease.ts';
import type { ObjectStore } from '../../store.ts';
import type { ObjectWriter } from '../compare-and-swap.ts';
import { createLeaseDeadlines, type LeaseDeadlines } from './lease-deadlines.ts';
import { createLeaseIndex, type LeaseIndex } from './lease-index.ts';
import { createLeaseMemory } from './lease-memory.ts';
import { createLeaseObjects } from './lease-objects.ts';
import { createLeaseRenewals, type LeaseRenewals } from './lease-renewals.ts';
import { createLeaseStore, type LeaseStore } from './lease-store.ts';
import { type Alarm, createWriteBehind } from './write-behind.ts';

/** The lease objects of a store, and what one process has in memory of them. */
export interface LeaseStorage {
  readonly leaseStore: LeaseStore;
  readonly leaseRenewals: LeaseRenewals;
  readonly deadlines: LeaseDeadlines;
  /** Made with its first use: it takes memory for each lease. */
  readonly leaseIndex: () => LeaseIndex;
  /** Stores the renewals that are only in memory. */
  readonly flushRenewals: () => Promise<void>;
}

export function createLeaseStorage({
  store,
  clock,
  objects,
  alarm,
  onMissed,
}: {
  store: ObjectStore;
  clock: Clock;
  objects: ObjectWriter;
  /** Null for a process that writes every renewal before it acknowledges it. */
  alarm: Alarm | null;
  /** Called when a renewal that was in memory could not be stored. */
  onMissed: (leaseKey: string) => void;
}): LeaseStorage {
  const deadlines = createLeaseDeadlines();
  const memory = createLeaseMemory({
    onDue: dueAtMs => writeBehind?.schedule(dueAtMs),
    ...(alarm === null ? { maxBytes: 0 } : {}),
  });
  const leases = createLeaseObjects({ store, objects, deadlines, memory });
  const leaseRenewals = createLeaseRenewals({ store, clock, leases, deadlines, memory, onMissed });
  let index: LeaseIndex | null = null;
  const writeBehind =
    alarm === null
      ? null
      : createWriteBehind({
          nowMs: () => clock.millis(),
          alarm,
          takeDue: nowMs => memory.takeDue(nowMs),
          store: (key, nowMs) => leaseRenewals.store(key, nowMs),
        });
  return {
    leaseStore: createLeaseStore(leases),
    leaseRenewals,
    deadlines,
    leaseIndex() {
      index ??= createLeaseIndex({ store, follower: store.follow(LEASE_KEYS), memory });
      return index;
    },
    flushRenewals: () => writeBehind?.flush() ?? Promise.resolve(),
  };
}
