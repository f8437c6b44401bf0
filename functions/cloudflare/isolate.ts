import { getLogger } from '@logtape/logtape';
import { createStoredAvailability } from '../../lib/availability/stored.ts';
import { systemClock } from '../../lib/base/clock.ts';
import { systemRandom } from '../../lib/base/random.ts';
import { createRepository, type Repository } from '../../lib/service/service.ts';
import type { Pace } from '../../lib/storage/commit/pace.ts';
import { createProcessMemory, type ProcessMemory } from '../../lib/storage/process-memory.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { warnOfNoTokens } from '../entry/edge-access.ts';
import { logToConsole } from '../entry/log.ts';
import { variableLimits } from '../entry/settings.ts';
import { createIntake, type Intake, type IntakeLimits } from '../http/intake.ts';
import { createKeptGauges, EDGE_KEEP_MS, type KeptGauges } from '../metrics/kept-gauges.ts';
import {
  type ChosenStore,
  chooseStore,
  jobObjectsOf,
  type ObjectBindings,
  type StoreBindings,
} from './bindings.ts';
import { readWorkerConfig, type WorkerConfig } from './config.ts';
import { createSharedRoom } from './shared-room.ts';

/** Variables, secrets and bindings. */
export type WorkerEnv = StoreBindings & ObjectBindings & Readonly<Record<string, unknown>>;

/** What an isolate keeps from one call to the next. */
export type WorkerSite = { readonly kind: 'refused' } | OpenSite;

export interface OpenSite {
  readonly kind: 'open';
  readonly config: WorkerConfig;
  readonly chosen: ChosenStore;
  /** The name of this way to deploy the service; null without objects. */
  readonly deployment: string | null;
  /** It holds counts and no promises, so calls may share it. */
  readonly intake: Intake;
  readonly intakeLimits: IntakeLimits;
  /** The room that the objects in this isolate share. */
  readonly objectRoom: Intake;
  /** The last answer to `/metrics`, as a text. */
  readonly keptGauges: KeptGauges;
  /**
   * A repository for one call of the Worker, or for one object. Its promises end with the call or the object, and
   * nothing else may wait for them: the calls and objects of an isolate share the memory alone.
   */
  readonly repositoryOn: (store: ObjectStore, pace?: Pace) => Repository;
  readonly memory: ProcessMemory;
}

const logger = getLogger('dalsegno');

let site: WorkerSite | null = null;

/** What this isolate has, for the Worker and for the objects in it. The first call opens it. */
export function siteOf(env: WorkerEnv): WorkerSite {
  site ??= openSite(env);
  return site;
}

/** R2 bills each probe. Workers KV has a thousand writes a day on the free plan: there readiness only reads. */
const WRITE_PROBE_MS: Readonly<Record<string, number>> = { r2: 60_000 };

/** Reads the settings, and says in the log what is missing, or which store and deployment this is. */
function openSite(env: WorkerEnv): WorkerSite {
  const read = readWorkerConfig(env);
  const chosen = chooseStore(env);
  const faults = [
    ...(read.kind === 'refused' ? read.faults : []),
    ...(chosen === null ? ['STATE_BUCKET or STATE_KV: one of them must be bound'] : []),
  ];
  logToConsole(read.kind === 'config' ? read.config.LOG_LEVEL : 'info');
  if (read.kind === 'refused' || chosen === null) {
    for (const fault of faults) logger.error('Cannot run: {fault}', { fault });
    return { kind: 'refused' };
  }
  const { config } = read;
  const { store, reason } = chosen;
  const objects = jobObjectsOf(chosen, env);
  const deployment = objects === null ? null : 'job-objects';
  logger.info(
    objects === null
      ? 'Using the store {store}: {reason}'
      : 'Using the store {store}: {reason}. JOB_OBJECTS is bound, so the requests of a job meet in its object',
    { store: store.traits.name, reason, ...(deployment === null ? {} : { deployment }) },
  );
  warnOfNoTokens(config);
  const memory: ProcessMemory = createProcessMemory({ cacheBytes: config.CACHE_BYTES });
  const limits = variableLimits(config);
  return {
    kind: 'open',
    config,
    chosen,
    deployment,
    intake: createIntake(limits.intake),
    intakeLimits: limits.intake,
    objectRoom: createSharedRoom(limits.intake, systemClock),
    keptGauges: createKeptGauges(EDGE_KEEP_MS),
    repositoryOn: (used, pace) =>
      createRepository({
        store: used,
        clock: systemClock,
        random: systemRandom,
        memory,
        availability: createStoredAvailability(used, memory.availability),
        limits: limits.state,
        claims: config.claims,
        bulk: config.bulk,
        retentionDays: config.RETENTION_DAYS,
        countedObjects: config.countedObjects,
        pace: pace ?? null,
        writeProbeMs: WRITE_PROBE_MS[store.traits.name] ?? null,
      }),
    memory,
  };
}
