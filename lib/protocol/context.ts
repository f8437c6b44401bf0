import type { Availability } from '../availability/availability.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { StateLimits } from '../checkpoint/limits.ts';
import type { ExpiredLeases } from '../storage/false-alarms.ts';
import type { JobHints } from '../storage/job-hints.ts';
import type { JobReader } from '../storage/job-reader.ts';
import type { JobWriter } from '../storage/job-writer.ts';
import type { LeaseDeadlines } from '../storage/lease-deadlines.ts';
import type { LeaseStore } from '../storage/lease-store.ts';
import type { ProcessMemory } from '../storage/process-memory.ts';
import type { ObjectStore } from '../store.ts';
import type { LivingJobs } from './expire-on-read.ts';
import type { LeaseExpiry } from './expiry.ts';
import type { LeaseHoldings } from './holding.ts';

/** What the operations on leases are made of; each takes what it needs. */
export interface ProtocolContext {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly memory: ProcessMemory;
  readonly hints: JobHints;
  readonly limits: StateLimits;
  readonly reader: JobReader;
  readonly writer: JobWriter;
  readonly leaseStore: LeaseStore;
  readonly deadlines: LeaseDeadlines;
  readonly availability: Availability;
  readonly expiredLeases: ExpiredLeases;
  readonly expiry: LeaseExpiry;
  readonly holdings: LeaseHoldings;
  readonly living: LivingJobs;
}
