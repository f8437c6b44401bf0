import type { Availability } from '../availability/availability.ts';
import type { Clock } from '../base/clock.ts';
import type { Pause } from '../base/pause.ts';
import type { Random } from '../base/random.ts';
import type { StateLimits } from '../checkpoint/limits.ts';
import { createReadyQueue, type ReadyQueue } from '../ready/ready-queue.ts';
import { createGroupedWriter } from '../storage/commit/grouped-writer.ts';
import type { Pace } from '../storage/commit/pace.ts';
import { createRetry, type Retry } from '../storage/commit/retry.ts';
import { createObjectWriter } from '../storage/compare-and-swap.ts';
import { createExpiredLeases, type ExpiredLeases } from '../storage/false-alarms.ts';
import { createJobHints, type JobHints } from '../storage/job-hints.ts';
import { createJobReader, type JobReader } from '../storage/job-reader.ts';
import { createJobWriter } from '../storage/job-writer.ts';
import type { LeaseDeadlines } from '../storage/leases/lease-deadlines.ts';
import type { LeaseIndex } from '../storage/leases/lease-index.ts';
import type { LeaseRenewals } from '../storage/leases/lease-renewals.ts';
import { createLeaseStorage } from '../storage/leases/lease-storage.ts';
import type { LeaseStore } from '../storage/leases/lease-store.ts';
import type { Alarm } from '../storage/leases/write-behind.ts';
import type { ProcessMemory } from '../storage/process-memory.ts';
import type { ObjectStore } from '../store.ts';
import { createEndLease, type EndLease } from './end-lease.ts';
import { createLeaseExpiry, type LeaseExpiry } from './expiry.ts';
import { createLeaseHoldings, type LeaseHoldings } from './holding.ts';
import { createLeaseChanges, type LeaseChanges, withLeaseChanges } from './lease-changes.ts';
import { createLostLeases, type LostLeases } from './lost-lease.ts';
import { createTornLeases, type TornLeases } from './torn-lease.ts';
import { createTransact, type Transact } from './transact.ts';

/** The parts that the operations share. Each operation takes the parts that it needs. */
export interface ProtocolContext {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly memory: ProcessMemory;
  readonly hints: JobHints;
  readonly queue: ReadyQueue;
  readonly limits: StateLimits;
  readonly reader: JobReader;
  readonly leaseStore: LeaseStore;
  readonly leaseRenewals: LeaseRenewals;
  readonly flushRenewals: () => Promise<void>;
  readonly leaseChanges: LeaseChanges;
  readonly deadlines: LeaseDeadlines;
  readonly leaseIndex: () => LeaseIndex;
  readonly availability: Availability;
  readonly expiredLeases: ExpiredLeases;
  readonly holdings: LeaseHoldings;
  readonly lost: LostLeases;
  readonly torn: TornLeases;
  readonly expiry: LeaseExpiry;
  readonly retry: Retry;
  readonly transact: Transact;
  readonly endLease: EndLease;
}

export interface ContextOptions
  extends Pick<
    ProtocolContext,
    'store' | 'clock' | 'random' | 'memory' | 'limits' | 'availability'
  > {
  /** Waits between two tries after a lost race; by a timer if it is left out. */
  readonly pause?: Pause | undefined;
  /** Left out, or null, for a process that writes every renewal before it acknowledges it. */
  readonly alarm?: Alarm | null;
  /** Spreads the writes of a job. Left out, or null, where it may be written at any time. */
  readonly pace?: Pace | null;
}

/** Builds the parts that all operations share. */
export function createContext(options: ContextOptions): ProtocolContext {
  const { pause, alarm = null, pace = null, ...shared } = options;
  const { store, clock, random, memory, limits, availability } = shared;
  const retry = createRetry(random, pause);
  const objects = createObjectWriter({ store, retry });
  const reader = createJobReader({ store, clock, cache: memory.cache });
  const queue = createReadyQueue({
    store,
    clock,
    random,
    check: memory.hintCheck,
    listed: memory.listedHints,
  });
  const hints = createJobHints({ store, memory: memory.hints, queue });
  const {
    leaseStore: stored,
    leaseRenewals,
    deadlines,
    leaseIndex,
    flushRenewals,
  } = createLeaseStorage({
    store,
    clock,
    objects,
    alarm,
    onMissed: key => availability.recordMissedRenewal(key, clock.now()),
  });
  const leaseChanges = createLeaseChanges();
  const leaseStore = withLeaseChanges(stored, leaseChanges);
  const expiredLeases = createExpiredLeases({ store, objects, tally: memory.falseAlarms });
  const holdings = createLeaseHoldings({ store, leaseStore, clock, availability });
  const lost = createLostLeases({ expiredLeases, clock });
  const transact = createTransact({
    jobs: createGroupedWriter({ store, retry, pace }),
    reader,
    writer: createJobWriter({ store, reader, hints, queue, limits }),
    holdings,
    lost,
    clock,
    // An expiry runs a transaction too, but that transaction never asks for an expiry.
    expire: target => expiry.expire(target),
    endExpired: key => expiry.endExpired(key),
  });
  const torn = createTornLeases({ reader });
  const { recoveries } = memory;
  const parts = {
    store,
    clock,
    leaseStore,
    expiredLeases,
    availability,
    torn,
    recoveries,
    transact,
  };
  const expiry: LeaseExpiry = createLeaseExpiry(parts);
  const endLease = createEndLease({ store, clock, reader, leaseStore, transact });
  return {
    ...shared,
    hints,
    queue,
    reader,
    leaseStore,
    leaseRenewals,
    flushRenewals,
    leaseChanges,
    deadlines,
    leaseIndex,
    expiredLeases,
    holdings,
    lost,
    torn,
    expiry,
    retry,
    transact,
    endLease,
  };
}
