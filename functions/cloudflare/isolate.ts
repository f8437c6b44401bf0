import { getLogger } from '@logtape/logtape';
import { createStoredAvailability } from '../../lib/availability/stored.ts';
import { systemClock } from '../../lib/base/clock.ts';
import { systemRandom } from '../../lib/base/random.ts';
import { createRepository, type Repository } from '../../lib/service/service.ts';
import { createProcessMemory, type ProcessMemory } from '../../lib/storage/process-memory.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { warnOfNoTokens } from '../entry/edge-access.ts';
import { logToConsole } from '../entry/log.ts';
import { variableLimits } from '../entry/settings.ts';
import { createIntake, type Intake } from '../http/intake.ts';
import { createKeptGauges, EDGE_KEEP_MS, type KeptGauges } from '../metrics/kept-gauges.ts';
import { type ChosenStore, chooseStore, type StoreBindings } from './bindings.ts';
import { readWorkerConfig, type WorkerConfig } from './config.ts';

/** Variables, secrets and bindings. */
export type WorkerEnv = StoreBindings & Readonly<Record<string, unknown>>;

/** What an isolate keeps from one call to the next. */
export type WorkerSite =
  | { readonly kind: 'refused' }
  | {
      readonly kind: 'open';
      readonly config: WorkerConfig;
      readonly chosen: ChosenStore;
      /** It holds counts and no promises, so calls may share it. */
      readonly intake: Intake;
      /** The last answer to `/metrics`, as a text. */
      readonly keptGauges: KeptGauges;
      /**
       * A repository for one call. Its promises end with the call, and another call must not wait for them:
       * calls share the memory alone.
       */
      readonly repositoryOn: (store: ObjectStore) => Repository;
      readonly memory: ProcessMemory;
    };

const logger = getLogger('dalsegno');

/** R2 bills each probe. Workers KV has a thousand writes a day on the free plan: there readiness only reads. */
const WRITE_PROBE_MS: Readonly<Record<string, number>> = { r2: 60_000 };

/** Reads the settings, and says in the log what is missing or which store is used. */
export function openSite(env: WorkerEnv): WorkerSite {
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
  logger.info('Using the store {store}: {reason}', { store: store.traits.name, reason });
  warnOfNoTokens(config);
  const memory: ProcessMemory = createProcessMemory({ cacheBytes: config.CACHE_BYTES });
  const limits = variableLimits(config);
  return {
    kind: 'open',
    config,
    chosen,
    intake: createIntake(limits.intake),
    keptGauges: createKeptGauges(EDGE_KEEP_MS),
    repositoryOn: used =>
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
        writeProbeMs: WRITE_PROBE_MS[store.traits.name] ?? null,
      }),
    memory,
  };
}
