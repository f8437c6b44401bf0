import { readdirSync, statSync } from 'node:fs';
import { systemClock } from '../../../lib/base/clock.ts';
import { systemRandom } from '../../../lib/base/random.ts';
import { isJobKey, JOB_KEYS, jobKey } from '../../../lib/keys/job-id.ts';
import { type ObjectStore, StoreError } from '../../../lib/store.ts';
import type { KvLike } from '../../../lib/stores/deno-kv/kv-like.ts';
import { createDenoKvStore } from '../../../lib/stores/deno-kv.ts';
import { createFileStore } from '../../../lib/stores/file.ts';
import { createR2Store } from '../../../lib/stores/r2.ts';
import { S3Error } from '../../../lib/stores/s3/s3-error.ts';
import { createWorkersKvStore } from '../../../lib/stores/workers-kv.ts';
import { nodeMachine } from '../../node/store/machine.ts';
import type { PostgresPlace } from '../../store/postgres-place.ts';
import { bucketOf, namespaceOf, openLocal, openRemote, requireLocalState } from './bindings.ts';
import type { CopyFlags, StoreSpec } from './flags.ts';
import { requireAllInR2 } from './in-shards.ts';
import { isUrl, requireSafePlace, requireSafeService } from './place.ts';
import { EmptySource, optional, Refusal, reasonOf } from './refusal.ts';
import { openService } from './service.ts';

/** The settings to open stores with. */
type Settings = Pick<CopyFlags, 'wranglerConfig' | 'files'> & {
  /** Of the service; null for none. */
  readonly token: string | null;
};

type CopySettings = Omit<Settings, 'token'> & Pick<CopyFlags, 'tokens'>;

/**
 * Opens the store to read. Rejects with a `Refusal` when it does not exist, and with an `EmptySource` when its folder
 * has no jobs.
 */
export async function openSource(spec: StoreSpec, settings: CopySettings): Promise<ObjectStore> {
  const { wranglerConfig } = settings;
  switch (spec.medium) {
    case 'file':
      requireFolder(spec.place);
      requireJobs(spec.place);
      break;
    case 'deno-kv':
      requireFile(spec.place);
      break;
    case 'r2':
    case 'workers-kv':
      if (spec.place === 'local') requireLocalState(spec.medium, wranglerConfig);
      break;
    case 's3':
      break;
    case 'postgres':
      return openSourceDatabase(spec.database);
    case 'service':
      break;
    default:
      return spec satisfies never;
  }
  return openStore(spec, { ...settings, token: settings.tokens.from });
}

/** A database without the tables of a service is another one than was meant, and gets none. */
async function openSourceDatabase(database: PostgresPlace): Promise<ObjectStore> {
  const { openPostgres } = await import('../../store/open-postgres.ts');
  const store = await openPostgres(database, { machine: nodeMachine(), makesTables: false });
  try {
    await store.head(jobKey('probe'));
  } catch (error) {
    await store.close();
    throw error;
  }
  return store;
}

/** Opens the store to write, and creates it if possible. */
export async function openTarget(spec: StoreSpec, settings: CopySettings): Promise<ObjectStore> {
  return openStore(spec, { ...settings, token: settings.tokens.to });
}

async function openStore(spec: StoreSpec, settings: Settings): Promise<ObjectStore> {
  if (spec.medium === 'deno-kv') requireSafePlace(spec.place);
  if (spec.medium === 'service') requireSafeService(spec.place);
  try {
    return await openMedium(spec, settings);
  } catch (error) {
    if (error instanceof Refusal || error instanceof StoreError) throw error;
    const name = `${spec.medium}:${spec.place}`;
    throw new StoreError(`Cannot open "${name}": ${reasonOf(error)}`, { cause: error });
  }
}

async function openMedium(
  spec: StoreSpec,
  { wranglerConfig, files, token }: Settings,
): Promise<ObjectStore> {
  switch (spec.medium) {
    case 'file':
      return createFileStore({
        directory: spec.place,
        now: () => systemClock.millis(),
        random: () => systemRandom.fraction(),
        ...files,
      });
    case 'deno-kv': {
      const { openKv } = await optional('@deno/kv', () => import('@deno/kv'));
      const kv: KvLike = await openKv(spec.place);
      return createDenoKvStore({
        kv,
        now: () => systemClock.millis(),
        random: systemRandom,
      });
    }
    case 'r2': {
      const opened = await openBinding(spec, wranglerConfig);
      const store = withBinding(createR2Store({ bucket: bucketOf(opened) }), opened);
      try {
        await requireAllInR2(store);
      } catch (error) {
        await store.close();
        throw error;
      }
      return store;
    }
    case 'service':
      return openService({ url: spec.place, token });
    case 'postgres': {
      const { openPostgres } = await import('../../store/open-postgres.ts');
      return openPostgres(spec.database, { machine: nodeMachine() });
    }
    case 's3': {
      const { openS3 } = await import('../../store/open-s3.ts');
      const { store, text } = await openS3(spec.bucket, nodeMachine());
      await requireBucket(store, text);
      return store;
    }
    case 'workers-kv': {
      const opened = await openBinding(spec, wranglerConfig);
      return withBinding(createWorkersKvStore({ namespace: namespaceOf(opened) }), opened);
    }
    default:
      return spec satisfies never;
  }
}

/** Before each job fails for itself. */
async function requireBucket(store: ObjectStore, text: string): Promise<void> {
  try {
    await store.get(jobKey('probe'));
  } catch (error) {
    const { cause } = error instanceof StoreError ? error : {};
    if (!(cause instanceof S3Error) || cause.code !== 'NoSuchBucket') throw error;
    throw new Refusal(`There is no bucket for ${text}`, { cause: error });
  }
}

function openBinding(
  { medium, place }: Extract<StoreSpec, { place: 'local' | 'remote' }>,
  wranglerConfig: string,
) {
  return place === 'local' ? openLocal(medium, wranglerConfig) : openRemote(medium, wranglerConfig);
}

function withBinding(store: ObjectStore, opened: { close(): Promise<void> }): ObjectStore {
  return {
    ...store,
    async close() {
      await store.close();
      await opened.close();
    },
  };
}

function requireFolder(folder: string): void {
  const stat = statSync(folder, { throwIfNoEntry: false });
  if (stat === undefined) throw new Refusal(`There is no folder "${folder}"`);
  if (!stat.isDirectory()) throw new Refusal(`"${folder}" is not a folder`);
}

/** Checks for jobs first, because opening a folder as a store writes to it, and the folder may be a wrong one. */
function requireJobs(folder: string): void {
  const names = readdirSync(folder, { withFileTypes: true })
    .filter(entry => entry.isFile() || entry.isSymbolicLink())
    .map(({ name }) => name);
  if (!names.some(name => isJobKey(`${JOB_KEYS}${name}`))) throw new EmptySource();
}

function requireFile(place: string): void {
  if (isUrl(place)) return;
  const stat = statSync(place, { throwIfNoEntry: false });
  if (stat === undefined) throw new Refusal(`There is no file "${place}"`);
  if (!stat.isFile()) throw new Refusal(`"${place}" is not a file`);
}
