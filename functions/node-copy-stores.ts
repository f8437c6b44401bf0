import { realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { systemClock } from '../lib/clock.ts';
import { systemRandom } from '../lib/random.ts';
import { type ObjectStore, StoreError } from '../lib/store.ts';
import type { KvLike } from '../lib/stores/deno-kv/kv-like.ts';
import { createDenoKvStore } from '../lib/stores/deno-kv.ts';
import { createFileStore } from '../lib/stores/file.ts';
import { createR2Store } from '../lib/stores/r2.ts';
import { createWorkersKvStore } from '../lib/stores/workers-kv.ts';
import type { CopyFlags, StoreSpec } from './node-copy-flags.ts';
import { optional, Refusal, reasonOf } from './node-copy-refusal.ts';
import { bucketOf, namespaceOf, openLocal, openRemote } from './node-copy-wrangler.ts';

/** Throws a `Refusal` where both sides are one store. */
export function requireTwoStores({ from, to }: Pick<CopyFlags, 'from' | 'to'>): void {
  if (nameOf(from) === nameOf(to)) throw new Refusal('--from and --to are the same store');
}

/** The store to read, which must be there. Rejects with a `Refusal` where it is not there. */
export async function openSource(spec: StoreSpec, wranglerConfig: string): Promise<ObjectStore> {
  if (spec.medium === 'file') requireFolder(spec.place);
  if (spec.medium === 'deno-kv') requireFile(spec.place);
  return openStore(spec, wranglerConfig);
}

/** The store to write, made where it can be made. */
export async function openTarget(spec: StoreSpec, wranglerConfig: string): Promise<ObjectStore> {
  return openStore(spec, wranglerConfig);
}

async function openStore(spec: StoreSpec, wranglerConfig: string): Promise<ObjectStore> {
  try {
    return await openers(spec, wranglerConfig);
  } catch (error) {
    if (error instanceof Refusal || error instanceof StoreError) throw error;
    const name = `${spec.medium}:${spec.place}`;
    throw new StoreError(`Cannot open "${name}": ${reasonOf(error)}`, { cause: error });
  }
}

async function openers(spec: StoreSpec, wranglerConfig: string): Promise<ObjectStore> {
  switch (spec.medium) {
    case 'file':
      return createFileStore({
        directory: spec.place,
        now: () => systemClock.millis(),
        random: () => systemRandom.fraction(),
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
      const opened = await open(spec, wranglerConfig);
      return closing(createR2Store({ bucket: bucketOf(opened) }), opened);
    }
    case 'workers-kv': {
      const opened = await open(spec, wranglerConfig);
      return closing(createWorkersKvStore({ namespace: namespaceOf(opened) }), opened);
    }
    default:
      return spec satisfies never;
  }
}

function open(
  { medium, place }: Extract<StoreSpec, { place: 'local' | 'remote' }>,
  wranglerConfig: string,
) {
  return place === 'local' ? openLocal(medium, wranglerConfig) : openRemote(medium, wranglerConfig);
}

function closing(store: ObjectStore, opened: { close(): Promise<void> }): ObjectStore {
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

function requireFile(place: string): void {
  if (isUrl(place)) return;
  const stat = statSync(place, { throwIfNoEntry: false });
  if (stat === undefined) throw new Refusal(`There is no file "${place}"`);
  if (!stat.isFile()) throw new Refusal(`"${place}" is not a file`);
}

/** Two names of one store are one name here, links and relative paths followed. */
function nameOf({ medium, place }: StoreSpec): string {
  const isPath = (medium === 'file' || medium === 'deno-kv') && !isUrl(place);
  return `${medium}:${isPath ? realPath(place) : place}`;
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // Not there yet, so no other name leads to it.
    return resolve(path);
  }
}

function isUrl(place: string): boolean {
  return /^https?:\/\//.test(place);
}
