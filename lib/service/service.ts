import { type Availability, alwaysAvailable } from '../availability/availability.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { type StateLimits, UNLIMITED } from '../checkpoint/limits.ts';
import { createDoctor, type Doctor } from '../doctor/doctor.ts';
import { createHealthCheck, type HealthCheck } from '../doctor/health.ts';
import { createClaims } from '../protocol/claim.ts';
import type { ProtocolContext } from '../protocol/context.ts';
import { createJobControl } from '../protocol/control.ts';
import { createExpireOnRead } from '../protocol/expire-on-read.ts';
import { createLeaseExpiry } from '../protocol/expiry.ts';
import { createLeaseGranting } from '../protocol/grant.ts';
import { createLeaseHoldings } from '../protocol/holding.ts';
import { createLeaseRelease } from '../protocol/release.ts';
import { createLeaseRenewal } from '../protocol/renew.ts';
import { createLeaseRepeats } from '../protocol/repeat.ts';
import { createLeaseReturn } from '../protocol/return.ts';
import { createLostLeases, createWriteAccess } from '../protocol/write-access.ts';
import { createObjectWriter } from '../storage/compare-and-swap.ts';
import { createExpiredLeases } from '../storage/false-alarms.ts';
import { createJobHints } from '../storage/job-hints.ts';
import { createJobList } from '../storage/job-list.ts';
import { createJobReader } from '../storage/job-reader.ts';
import { createJobWriter } from '../storage/job-writer.ts';
import { createLeaseDeadlines } from '../storage/lease-deadlines.ts';
import { createLeaseStore } from '../storage/lease-store.ts';
import type { ProcessMemory } from '../storage/process-memory.ts';
import { createReadyQueue } from '../storage/ready-queue.ts';
import { createWriteProbe } from '../storage/write-probe.ts';
import type { ObjectStore } from '../store.ts';
import { createMissingLeases, type MissingLeases } from '../sweep/missing-leases.ts';
import { createSweeper, type Sweeper } from '../sweep/pass.ts';
import { createWhyReader } from '../why/why.ts';
import { createJobs, type Jobs } from './jobs.ts';
import { createKeyedGrants } from './keyed-grants.ts';
import { createLeases, type Leases } from './leases.ts';

/** All that may be done with the jobs of a store. Routes call this, and never a store. */
export interface Repository {
  readonly jobs: Jobs;
  readonly leases: Leases;
  readonly sweeper: Sweeper;
  readonly missingLeases: MissingLeases;
  readonly doctor: Doctor;
  readonly health: HealthCheck;
}

export interface RepositoryOptions {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly random: Random;
  /** Shared by the repositories of a process, where there are several. */
  readonly memory: ProcessMemory;
  /** When holders could be heard; at all times where it is not given. */
  readonly availability?: Availability;
  /** What clients may make of states; they may make anything where it is left out. */
  readonly limits?: StateLimits;
  /** Readiness writes at most once in so many milliseconds; never where it is null. */
  readonly writeProbeMs?: number | null;
}

const WRITE_PROBE_MS = 5_000;

/**
 * Puts the parts together. A process has one for its store; where requests cannot wait for each other's
 * promises each has one, and they share a memory.
 */
export function createRepository(options: RepositoryOptions): Repository {
  const { store, clock, random, memory } = options;
  const { limits = UNLIMITED, availability = alwaysAvailable } = options;
  const { writeProbeMs = WRITE_PROBE_MS } = options;
  const objects = createObjectWriter({ store, random });
  const reader = createJobReader({ store, clock, cache: memory.cache });
  const hints = createJobHints({ store, memory: memory.hints });
  const writer = createJobWriter({ store, objects, reader, clock, hints, limits });
  const deadlines = createLeaseDeadlines();
  const leaseStore = createLeaseStore({ store, clock, objects, deadlines });
  const expiredLeases = createExpiredLeases({ store, objects, tally: memory.falseAlarms });
  const expiry = createLeaseExpiry({
    store,
    clock,
    writer,
    leaseStore,
    expiredLeases,
    availability,
  });
  const holdings = createLeaseHoldings({ store, leaseStore, clock, availability });
  const parts: ProtocolContext = {
    store,
    clock,
    random,
    memory,
    hints,
    limits,
    reader,
    writer,
    leaseStore,
    deadlines,
    availability,
    expiredLeases,
    expiry,
    holdings,
    living: createExpireOnRead({ store, reader, holdings, expiry }),
  };
  const lost = createLostLeases({ expiredLeases, clock });
  const access = createWriteAccess(parts, lost);
  const repeats = createLeaseRepeats(parts);
  const granting = createLeaseGranting(parts, repeats);
  const control = createJobControl(parts, access);
  const doctor = createDoctor({ store, random, verdict: memory.verdict });
  const list = createJobList({ store, reader });
  const record = memory.writeProbe;
  const writes = createWriteProbe({ store, clock, record, everyMs: writeProbeMs });
  return {
    jobs: createJobs(parts, { access, lost, list }),
    leases: createLeases({
      store,
      clock,
      doctor,
      granting,
      keyed: createKeyedGrants({ keys: memory.keys, returns: createLeaseReturn(parts) }),
      claims: createClaims(parts, { queue: createReadyQueue(store), granting, repeats }),
      renewal: createLeaseRenewal(parts, lost),
      release: createLeaseRelease(parts, access),
      control,
      why: createWhyReader(parts),
    }),
    sweeper: createSweeper(parts),
    doctor,
    health: createHealthCheck({ store, doctor, writes }),
    missingLeases: createMissingLeases(parts, list),
  };
}
