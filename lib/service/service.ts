import { type Availability, alwaysAvailable } from '../availability/availability.ts';
import type { Clock } from '../base/clock.ts';
import type { Pause } from '../base/pause.ts';
import type { Random } from '../base/random.ts';
import { type StateLimits, UNLIMITED } from '../checkpoint/limits.ts';
import { CLAIM_LIMITS, type ClaimLimits, createClaims } from '../claims/claim.ts';
import type { Waits } from '../claims/waiting-line.ts';
import { createDoctor, type Doctor } from '../doctor/doctor.ts';
import { createHealthCheck, type HealthCheck } from '../doctor/health.ts';
import { createJobCounter, hasGroupCounts } from '../live/job-counts.ts';
import { createLiveList } from '../live/live-list.ts';
import { createLiveReader } from '../live/live-reader.ts';
import type { Presence, PresenceParts } from '../presence/presence.ts';
import { createJobCompletion } from '../protocol/complete.ts';
import { createContext } from '../protocol/context.ts';
import { createJobControl } from '../protocol/control.ts';
import { createLeaseGranting } from '../protocol/grant.ts';
import { createLeaseRelease } from '../protocol/release.ts';
import { createLeaseRenewal } from '../protocol/renew.ts';
import { createLeaseRepeats } from '../protocol/repeat.ts';
import { createLeaseReturn } from '../protocol/return.ts';
import { createRemoteRenewal, type RenewalPlaces } from '../remote/renewal.ts';
import type { Pace } from '../storage/commit/pace.ts';
import type { Alarm } from '../storage/leases/write-behind.ts';
import { createJobList } from '../storage/lists/job-list.ts';
import type { ProcessMemory } from '../storage/process-memory.ts';
import { createWriteProbe } from '../storage/write-probe.ts';
import type { ObjectStore } from '../store.ts';
import { createMissingLeases, type MissingLeases } from '../sweep/missing-leases.ts';
import { createRetention, type Retention } from '../sweep/retention.ts';
import { createSweeper, type Sweeper } from '../sweep/sweeper.ts';
import { createWhyReader } from '../why/why.ts';
import { BULK_LIMITS, type Bulk, type BulkLimits, createBulk } from './bulk.ts';
import { createJobs, type Jobs } from './jobs.ts';
import { createKeyedGrants } from './keyed-grants.ts';
import { createLeases, type Leases } from './leases.ts';
import { createStatsReader, type StatsReader } from './stats.ts';

/** All operations on the jobs of a store. Routes call this, and never a store. */
export interface Repository {
  readonly jobs: Jobs;
  readonly leases: Leases;
  readonly bulk: Bulk;
  readonly sweeper: Sweeper;
  readonly missingLeases: MissingLeases;
  /** Null where finished jobs are kept. */
  readonly retention: Retention | null;
  /** Null where no connection stays open. */
  readonly presence: Presence | null;
  readonly doctor: Doctor;
  readonly health: HealthCheck;
  readonly stats: StatsReader;
  /** Stores what this process has acknowledged and has only in memory: renewals of leases. */
  flush(): Promise<void>;
}

export interface RepositoryOptions {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly random: Random;
  /** Waits before the next try after a lost race; by a timer if it is left out. */
  readonly pause?: Pause;
  /** Shared by all repositories of a process. */
  readonly memory: ProcessMemory;
  /** When the service could receive heartbeats; always if it is left out. */
  readonly availability?: Availability;
  /** The limits of states from clients; none if it is left out. */
  readonly limits?: StateLimits;
  /**
   * For a process that lives long and has a store whose `head` costs almost nothing: renewals of leases stay in memory
   * first, and are stored when the alarm rings. If it is left out, every renewal is stored before it is acknowledged.
   */
  readonly alarm?: Alarm | null;
  /** Spreads the writes of a job over time; left out or null where a job may be written at any time. */
  readonly pace?: Pace | null;
  /** Where leases are renewed, if it is not done here. */
  readonly renewalPlaces?: RenewalPlaces | null;
  /** The readiness check makes at most one test write in this many milliseconds; none if it is null. */
  readonly writeProbeMs?: number | null;
  /** Makes the streams of workers. Left out where no connection stays open, so that it is not loaded there. */
  readonly presence?: (parts: PresenceParts) => Presence;
  /** Left out or null where claims never wait: a request may not wait for a promise of another one there. */
  readonly waits?: Waits | null;
  readonly claims?: ClaimLimits;
  readonly bulk?: BulkLimits;
  /** The sweep deletes jobs that finished more than so many days ago; none if it is null or left out. */
  readonly retentionDays?: number | null | undefined;
  /**
   * How many objects of each kind the statistics list at most; all if it is null or left out. For platforms that
   * bill lists, or limit their number.
   */
  readonly countedObjects?: number | null;
}

const WRITE_PROBE_MS = 5_000;

/**
 * Builds a repository from its parts. A process has one for its store. On edge runtimes each request has its own,
 * because a request may not wait for a promise of another one; they share `memory`.
 */
export function createRepository(options: RepositoryOptions): Repository {
  const { store, clock, random, memory, pause } = options;
  const { limits = UNLIMITED, availability = alwaysAvailable } = options;
  const { writeProbeMs = WRITE_PROBE_MS, alarm = null, pace = null } = options;
  const { retentionDays: days = null } = options;
  const { waits = null, claims = CLAIM_LIMITS, countedObjects = null } = options;
  const parts = { store, clock, random, memory, limits, availability, pause, alarm, pace };
  const context = createContext(parts);
  const repeats = createLeaseRepeats(context);
  const granting = createLeaseGranting(context, repeats);
  const doctor = createDoctor({
    store,
    random,
    verdict: memory.verdict,
    record: diagnosis => memory.lastDiagnosis.set(clock.now(), diagnosis),
  });
  const list = createJobList({ store, reader: context.reader });
  const live = createLiveReader(context);
  const liveList = createLiveList({
    list,
    live,
    now: () => clock.now(),
    readsByPage: () => hasGroupCounts(store),
  });
  const places = options.renewalPlaces ?? null;
  const renewal =
    places === null ? createLeaseRenewal(context) : createRemoteRenewal(places, context);
  const record = memory.writeProbe;
  const writes = createWriteProbe({ store, clock, record, everyMs: writeProbeMs });
  const health = createHealthCheck({ store, doctor, writes });
  const counter = createJobCounter(context, { list, live, limit: countedObjects });
  const jobs = createJobs(context, { list, liveList });
  const leases = createLeases({
    store,
    clock,
    doctor,
    granting,
    keyed: createKeyedGrants({ keys: memory.keys, returns: createLeaseReturn(context) }),
    claims: createClaims(context, { granting, repeats, waits, limits: claims }),
    renewal,
    release: createLeaseRelease(context),
    control: createJobControl(context),
    completion: createJobCompletion(context),
    why: createWhyReader(context),
  });
  return {
    jobs,
    leases,
    bulk: createBulk({ clock, jobs, leases, limits: options.bulk ?? BULK_LIMITS }),
    sweeper: createSweeper(context),
    presence: options.presence?.({ ...context, renewal }) ?? null,
    doctor,
    health,
    stats: createStatsReader({ store, counter, health, memory }),
    missingLeases: createMissingLeases(context, list),
    retention: days === null ? null : createRetention(days, { store, clock, list, removal: jobs }),
    flush: context.flushRenewals,
  };
}
