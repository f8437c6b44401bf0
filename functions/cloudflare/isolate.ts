import { getLogger } from '@logtape/logtape';
import { systemClock } from '../../lib/base/clock.ts';
import { systemRandom } from '../../lib/base/random.ts';
import type { StateLimits } from '../../lib/checkpoint/limits.ts';
import { SHARED_HINTS_MS } from '../../lib/ready/listed-hints.ts';
import {
  createRepository,
  type Repository,
  type RepositoryOptions,
} from '../../lib/service/service.ts';
import { createProcessMemory, type ProcessMemory } from '../../lib/storage/process-memory.ts';
import { warnOfNoTokens } from '../entry/edge-access.ts';
import { logToConsole } from '../entry/log.ts';
import { variableLimits } from '../entry/settings.ts';
import { createIntake, type Intake, type IntakeLimits } from '../http/intake.ts';
import { createKeptGauges, EDGE_KEEP_MS, type KeptGauges } from '../metrics/kept-gauges.ts';
import {
  type ChooseHyperdrive,
  type ChosenStore,
  chooseStore,
  jobObjectsOf,
  leaseShardsOf,
  type ObjectBindings,
  presenceObjectsOf,
  type StoreBindings,
} from './bindings.ts';
import { type ReadWorkerConfig, readWorkerConfig, type WorkerConfig } from './config.ts';
import { createMoveKeeper } from './shards/move-keeper.ts';
import { createSharedRoom } from './shared-room.ts';
import { createStoreOpener, type OpenedStore, type StoreOpener } from './store-opener.ts';

/** Variables, secrets and bindings. */
export type WorkerEnv = StoreBindings & ObjectBindings & Readonly<Record<string, unknown>>;

/** What an isolate keeps from one call to the next. */
export type WorkerSite = { readonly kind: 'refused' } | OpenSite;

/** What the repository of an object has besides that of a call. */
export type OwnParts = Pick<RepositoryOptions, 'pace' | 'presence'>;

export interface OpenSite {
  readonly kind: 'open';
  readonly config: WorkerConfig;
  readonly chosen: ChosenStore;
  /** The name of this way to deploy the service; null without objects. */
  readonly deployment: string | null;
  /** The objects that it has, by the names of their bindings. */
  readonly bindings: readonly string[];
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
  readonly repositoryOn: (opened: OpenedStore, own?: OwnParts) => Repository;
  readonly stores: StoreOpener;
  readonly stateLimits: StateLimits;
  readonly memory: ProcessMemory;
}

const logger = getLogger('dalsegno');

let site: WorkerSite | null = null;

/** What this isolate has, for the Worker and for the objects in it. The first call opens it. */
export function siteOf(env: WorkerEnv, hyperdrive: ChooseHyperdrive | null = null): WorkerSite {
  site ??= openSite(env, hyperdrive);
  return site;
}

/** R2 bills each probe. Workers KV has a thousand writes a day on the free plan: there readiness only reads. */
const WRITE_PROBE_MS: Readonly<Record<string, number>> = {
  r2: 60_000,
  'durable-objects': 60_000,
  postgres: 60_000,
};

const SAYS_STORE = 'Using the store {store}: {reason}';

type Deployment = 'job-objects' | 'lease-shards' | 'durable-objects' | 'presence-objects';

const SAYS_OBJECTS: Readonly<Record<Deployment, string>> = {
  'job-objects': 'JOB_OBJECTS is bound, so the requests of a job meet in its object',
  'lease-shards': 'LEASE_SHARDS is bound, so leases and lists are in shards, and jobs in R2',
  'durable-objects':
    'JOB_OBJECTS and LEASE_SHARDS are bound, so the requests of a job meet in its object, leases and lists are in shards, and jobs in R2',
  'presence-objects': 'leases and jobs are in R2',
};

const SAYS_PRESENCE = 'PRESENCE_OBJECTS is bound, so workers may keep leases by streams';

/** Which objects the deployment has. Null for none. */
function deploymentOf(chosen: ChosenStore, env: WorkerEnv): Deployment | null {
  const hasObjects = jobObjectsOf(chosen, env) !== null;
  const hasShards = leaseShardsOf(chosen, env) !== null;
  if (hasObjects) return hasShards ? 'durable-objects' : 'job-objects';
  if (hasShards) return 'lease-shards';
  return presenceObjectsOf(chosen, env) === null ? null : 'presence-objects';
}

/** The objects that are bound and used, by the names of their bindings. */
function bindingsOf(chosen: ChosenStore, env: WorkerEnv): readonly string[] {
  const used = {
    JOB_OBJECTS: jobObjectsOf(chosen, env),
    LEASE_SHARDS: leaseShardsOf(chosen, env),
    PRESENCE_OBJECTS: presenceObjectsOf(chosen, env),
  };
  return Object.entries(used).flatMap(([name, objects]) => (objects === null ? [] : [name]));
}

function textOf(deployment: Deployment | null, bindings: readonly string[]): string {
  const parts = deployment === null ? [] : [SAYS_OBJECTS[deployment]];
  const presence = bindings.includes('PRESENCE_OBJECTS') ? [SAYS_PRESENCE] : [];
  return [SAYS_STORE, ...parts, ...presence].join('. ');
}

function wantsShards(read: ReadWorkerConfig): boolean {
  return read.kind === 'config' && read.config.STATE_MEDIA === 'shards';
}

/** Reads the settings, and says in the log what is missing, or which store and deployment this is. */
function openSite(env: WorkerEnv, hyperdrive: ChooseHyperdrive | null): WorkerSite {
  const read = readWorkerConfig(env);
  const choice = chooseStore(env, hyperdrive);
  const chosen = typeof choice === 'string' ? null : choice;
  const faults = [
    ...(read.kind === 'refused' ? read.faults : []),
    ...(typeof choice === 'string' ? [choice] : []),
    ...(wantsShards(read) && (chosen === null || leaseShardsOf(chosen, env) === null)
      ? ['STATE_MEDIA: "shards" needs the bindings LEASE_SHARDS and STATE_BUCKET']
      : []),
  ];
  logToConsole(read.kind === 'config' ? read.config.LOG_LEVEL : 'info');
  if (read.kind === 'refused' || chosen === null || faults.length > 0) {
    for (const fault of faults) logger.error('Cannot run: {fault}', { fault });
    return { kind: 'refused' };
  }
  const { config } = read;
  const { name: store, reason } = chosen;
  const deployment = deploymentOf(chosen, env);
  const bindings = bindingsOf(chosen, env);
  logger.info(textOf(deployment, bindings), {
    store,
    reason,
    ...(deployment === null ? {} : { deployment, bindings }),
  });
  warnOfNoTokens(config);
  const memory: ProcessMemory = createProcessMemory({
    cacheBytes: config.CACHE_BYTES,
    listedHintsMs: SHARED_HINTS_MS,
  });
  const limits = variableLimits(config);
  const shards = leaseShardsOf(chosen, env);
  const wantedShards = config.SHARDS;
  return {
    kind: 'open',
    config,
    chosen,
    deployment,
    bindings,
    intake: createIntake(limits.intake),
    intakeLimits: limits.intake,
    objectRoom: createSharedRoom(limits.intake, systemClock),
    keptGauges: createKeptGauges(EDGE_KEEP_MS),
    repositoryOn: (used, own = {}) =>
      createRepository({
        store: used.store,
        clock: systemClock,
        random: systemRandom,
        memory,
        availability: used.availability,
        renewalPlaces: used.renewalPlaces,
        limits: limits.state,
        claims: config.claims,
        bulk: config.bulk,
        retentionDays: config.RETENTION_DAYS,
        countedObjects: config.countedObjects,
        ...own,
        writeProbeMs: WRITE_PROBE_MS[used.store.traits.name] ?? null,
      }),
    stores: createStoreOpener({
      chosen,
      shards,
      wantedShards,
      memory,
      moves: createMoveKeeper({
        wanted: shards === null ? 'r2' : (config.STATE_MEDIA ?? 'shards'),
        hasShards: shards !== null,
        delayMs: config.MOVE_DELAY_SECONDS * 1000,
        clock: systemClock,
      }),
      movedAtOnce: config.movedAtOnce,
    }),
    stateLimits: limits.state,
    memory,
  };
}
