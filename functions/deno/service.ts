import type { AccessList } from '../../lib/access/access-list.ts';
import type { ProcessAvailability } from '../../lib/availability/process.ts';
import { createStoredAvailability } from '../../lib/availability/stored.ts';
import { systemClock } from '../../lib/base/clock.ts';
import { systemRandom } from '../../lib/base/random.ts';
import { systemTimers, type Timers } from '../../lib/base/timers.ts';
import { rememberFindings } from '../../lib/doctor/remembered.ts';
import { createPresence } from '../../lib/presence/presence.ts';
import { createRepository } from '../../lib/service/service.ts';
import { createJobReader } from '../../lib/storage/job-reader.ts';
import { createProcessMemory } from '../../lib/storage/process-memory.ts';
import { createBudgetedSweep } from '../../lib/sweep/budgeted.ts';
import { completeJobLists } from '../../lib/sweep/complete-lists.ts';
import { createFetch } from '../app.ts';
import { DOCTOR_KEYS, examineAndLog, examineOnceAndLog } from '../entry/doctor-log.ts';
import { EDGE_POLL_SECONDS } from '../entry/polling.ts';
import { logPresence } from '../entry/presence-log.ts';
import { variableLimits } from '../entry/settings.ts';
import { logBrokenSweep, logScheduled } from '../entry/sweep-log.ts';
import { waitsFor } from '../entry/waits.ts';
import { createIntake } from '../http/intake.ts';
import { createKeptGauges, EDGE_KEEP_MS } from '../metrics/kept-gauges.ts';
import { withSweepLeader } from '../metrics/sweep-gauge.ts';
import { loadPages } from '../pages/load.ts';
import type { RequestLines } from '../services/request-lines.ts';
import { createTelemetry } from '../telemetry/telemetry.ts';
import { createTracing } from '../telemetry/tracing.ts';
import type { DenoApi } from './api.ts';
import type { DenoConfig } from './config.ts';
import { createLeading } from './leading.ts';
import { createProcessText } from './process-metrics.ts';
import { openDenoStore } from './store.ts';

declare const Deno: DenoApi;

/** The service on its store. */
export interface DenoSite {
  /** Where the state is, for people: nothing secret. */
  readonly text: string;
  readonly fetch: (request: Request) => Promise<Response>;
  /** Answers all claims that wait. Later ones do not wait. */
  endWaits(): void;
  /** Looks from now on which of several machines sweeps. */
  lead(): void;
  /**
   * Recovers zombies, and removes the chunks that dead writers left behind. Does nothing where another machine does it: the
   * first call waits until this one has looked.
   * Rejects where it fails.
   */
  sweep(): Promise<void>;
  /** Ends the presence streams, so that their workers send heartbeats. */
  endStreams(): Promise<void>;
  close(): Promise<void>;
}

/** Deno does not limit the operations of a call. */
const BUDGET = {
  operations: Number.POSITIVE_INFINITY,
  bodyBytes: Number.POSITIVE_INFINITY,
  leases: 50_000,
  jobs: 1_000,
  concurrency: 6,
};
const NOTHING_SPENT = { operations: 0, bodyBytes: 0 };

/** Deno Deploy bills writes. */
const WRITE_PROBE_MS = 30_000;

export interface DenoSiteOptions {
  readonly config: DenoConfig;
  /**
   * That of the process where there is one process. Null where the platform starts and ends processes: there the sweeps
   * record when the service was interrupted.
   */
  readonly availability: ProcessAvailability | null;
  /** Null where every caller may do everything. */
  readonly access: AccessList | null;
  /** Where the lines of requests go; to the logger where it is left out. */
  readonly requestLines?: RequestLines | null;
  /** Those of the machine, unless a test has its own. */
  readonly timers?: Timers;
}

/** Rejects where the store can never serve, or does not answer although it has to be examined. */
export async function openDenoSite({
  config,
  availability,
  access,
  requestLines = null,
  timers = systemTimers,
}: DenoSiteOptions): Promise<DenoSite> {
  const opened = await openDenoStore(config, { isDeployed: availability === null });
  const { store, memory, metrics, answer } = createTelemetry({
    store: opened.store,
    memory: createProcessMemory({ cacheBytes: config.CACHE_BYTES }),
    processText: withSweepLeader(
      createProcessText(() => Deno.memoryUsage(), systemClock.millis()),
      () => leading?.isDue() ?? true,
    ),
    tracing: createTracing(),
    elapsedMs: () => performance.now(),
  });
  const limits = variableLimits(config);
  const leading =
    opened.hasMachines && availability !== null
      ? createLeading({ store, availability, timers, takeOver })
      : null;
  let isLeftOut = false;
  const repository = createRepository({
    store,
    clock: systemClock,
    random: systemRandom,
    memory,
    availability:
      leading?.availability ?? availability ?? createStoredAvailability(store, memory.availability),
    limits: limits.state,
    retentionDays: config.RETENTION_DAYS,
    waits: waitsFor(limits.intake),
    writeProbeMs: WRITE_PROBE_MS,
    // Where the platform ends processes a broken connection says nothing about its worker.
    ...(availability === null
      ? {}
      : {
          presence: parts =>
            createPresence(parts, {
              graceMs: config.PRESENCE_GRACE_MS,
              timers,
              report: logPresence,
            }),
        }),
  });
  const { verdict } = memory;
  const doctor = opened.isToExamine
    ? rememberFindings({
        doctor: repository.doctor,
        store,
        clock: systemClock,
        verdict,
        place: opened.text,
      })
    : null;
  if (doctor !== null) await examineOnceAndLog(doctor);
  if (config.DEVELOPMENT) await examineAndLog(repository.doctor);
  const reader = createJobReader({ store, clock: systemClock, cache: memory.cache });
  const scheduled = createBudgetedSweep({
    ...repository,
    store,
    clock: systemClock,
    availability: memory.availability,
    budget: BUDGET,
    spending: NOTHING_SPENT,
  });
  const fetch = createFetch({
    ...repository,
    ...(doctor === null ? {} : { doctor }),
    bodyLimitBytes: config.MAX_BODY_BYTES,
    intake: createIntake(limits.intake),
    access,
    requestLines,
    corsOrigins: config.CORS_ORIGINS ?? null,
    pages: await loadPages(),
    // What one of many processes of a platform counts says little.
    metrics: availability === null ? null : metrics,
    keptGauges: availability === null ? createKeptGauges(EDGE_KEEP_MS) : null,
    doctorKeys: DOCTOR_KEYS,
    ...(availability === null ? { pollSeconds: EDGE_POLL_SECONDS } : {}),
  });

  async function sweep(): Promise<void> {
    await leading?.start();
    isLeftOut = leading?.isDue() === false;
    if (isLeftOut) return;
    try {
      logScheduled(await scheduled.run(), NOTHING_SPENT);
      await completeJobLists({ store, reader, clock: systemClock });
      await opened.removeLeftovers();
    } catch (error) {
      logBrokenSweep(error);
      throw error;
    }
  }

  /** The round that was left out for another process is made up. What fails is logged, and done with the next one. */
  function takeOver(): void {
    if (isLeftOut) void sweep().catch(() => undefined);
  }

  return {
    text: opened.text,
    fetch: async request => answer(request, () => fetch(request)),
    endWaits: () => repository.leases.endWaits(),
    lead: () => void leading?.start(),
    sweep,
    async endStreams() {
      await repository.presence?.stop();
    },
    async close() {
      await leading?.stop();
      await store.close();
    },
  };
}
