import { createClaims } from './claims.ts';
import type { Clock } from './clock.ts';
import { createDoctor, type Doctor } from './doctor.ts';
import { createHealthCheck, type HealthCheck } from './health.ts';
import { createJobControl } from './job-control.ts';
import { createJobHints } from './job-hints.ts';
import { createJobList } from './job-list.ts';
import { createJobReader } from './job-reader.ts';
import { createJobWriter } from './job-writer.ts';
import { createJobs, type Jobs } from './jobs.ts';
import { createKeyedGrants } from './keyed-grants.ts';
import { createLapses } from './lapses.ts';
import { createLeaseBook } from './lease-book.ts';
import { createLeaseExpiry } from './lease-expiry.ts';
import { createLeaseGranting } from './lease-grant.ts';
import { createLeaseHoldings } from './lease-holding.ts';
import type { LeaseParts } from './lease-parts.ts';
import { createLeaseRelease } from './lease-release.ts';
import { createLeaseRenewal } from './lease-renewal.ts';
import { createLeaseRepeats } from './lease-repeat.ts';
import { createLeaseReturn } from './lease-return.ts';
import { createLeaseWatch } from './lease-watch.ts';
import { createLeases, type Leases } from './leases.ts';
import { alwaysListening, type Listening } from './listening.ts';
import { createLivingJobs } from './living-job.ts';
import { createLostLeases } from './lost-lease.ts';
import type { Memory } from './memory.ts';
import { createObjectWriter } from './object-writer.ts';
import type { Random } from './random.ts';
import { createReadyQueue } from './ready-queue.ts';
import { type StateLimits, UNLIMITED } from './state/limits.ts';
import type { ObjectStore } from './store.ts';
import { createStrayLeases, type StrayLeases } from './stray-leases.ts';
import { createSweeper, type Sweeper } from './sweep.ts';
import { createWhyReader } from './why.ts';
import { createWriteAccess } from './write-access.ts';
import { createWriteProbe } from './write-probe.ts';

/** All that may be done with the jobs of a store. Routes call this, and never a store. */
export interface Repository {
  readonly jobs: Jobs;
  readonly leases: Leases;
  readonly sweeper: Sweeper;
  readonly strays: StrayLeases;
  readonly doctor: Doctor;
  readonly health: HealthCheck;
}

export interface RepositoryOptions {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly random: Random;
  /** Shared by the repositories of a process, where there are several. */
  readonly memory: Memory;
  /** When holders could be heard; at all times where it is not given. */
  readonly listening?: Listening;
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
  const { limits = UNLIMITED, listening = alwaysListening } = options;
  const { writeProbeMs = WRITE_PROBE_MS } = options;
  const objects = createObjectWriter({ store, random });
  const reader = createJobReader({ store, clock, cache: memory.cache });
  const hints = createJobHints({ store, memory: memory.hints });
  const writer = createJobWriter({ store, objects, reader, clock, hints, limits });
  const watch = createLeaseWatch();
  const book = createLeaseBook({ store, clock, objects, watch });
  const lapses = createLapses({ store, objects, tally: memory.falseAlarms });
  const expiry = createLeaseExpiry({ store, clock, writer, book, lapses, listening });
  const holdings = createLeaseHoldings({ store, book, clock, listening });
  const parts: LeaseParts = {
    store,
    clock,
    random,
    memory,
    hints,
    limits,
    reader,
    writer,
    book,
    watch,
    listening,
    lapses,
    expiry,
    holdings,
    living: createLivingJobs({ store, reader, holdings, expiry }),
  };
  const lost = createLostLeases({ lapses, clock });
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
    strays: createStrayLeases(parts, list),
  };
}
