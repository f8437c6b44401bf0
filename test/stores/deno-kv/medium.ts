import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemRandom } from '../../../lib/base/random.ts';
import type { ObjectStore } from '../../../lib/store.ts';
import { createKvShim } from '../../../lib/stores/deno-kv/in-memory.ts';
import type { ChangeCount } from '../../../lib/stores/deno-kv/known-pointers.ts';
import type { KvLike } from '../../../lib/stores/deno-kv/kv-like.ts';
import type { Ordering } from '../../../lib/stores/deno-kv/order-changes.ts';
import { createDenoKvStore, type DenoKvStoreOptions } from '../../../lib/stores/deno-kv.ts';
import type { Medium } from '../../conformance/medium.ts';
import { makeLastingFolder } from '../../support/temporary-folder.ts';

/** Two stores on one in-memory KV. No store closes it, because the other store still uses it. */
export async function openShimMedium(): Promise<Medium> {
  const kv = withoutClose(createKvShim({ now: Date.now }));
  return {
    left: storeOn(kv, { inMemory: true }),
    right: storeOn(kv, { inMemory: true }),
    stranger: async () => storeOn(createKvShim({ now: Date.now }), { inMemory: true }),
    destroy: () => Promise.resolve(),
  };
}

/** On a file of `@deno/kv`, which not every runtime can load. */
export async function openFileMedium(): Promise<Medium> {
  const { openKv } = await import('@deno/kv');
  return openMediumWith(openKv);
}

/** Two stores on one handle, and other stores with their own handles, on one file. */
export async function openMediumWith(
  openKv: (path: string) => Promise<KvLike>,
  countChanges: (path: string) => Promise<ChangeCount | null> = () => Promise.resolve(null),
  ordering: Ordering | null = null,
): Promise<Medium> {
  const folder = await makeLastingFolder();
  const path = join(folder, 'kv.sqlite');
  const opened: KvLike[] = [];
  const open = async () => {
    const kv = await openKv(path);
    opened.push(kv);
    return withoutClose(kv);
  };
  const kv = await open();
  const changeCount = await countChanges(path);
  return {
    left: storeOn(kv, { changeCount, ordering }),
    right: storeOn(kv, { changeCount, ordering }),
    stranger: async () => storeOn(await open(), { changeCount: await countChanges(path) }),
    async destroy() {
      for (const handle of opened) handle.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export function storeOn(
  kv: KvLike,
  options: Pick<DenoKvStoreOptions, 'inMemory' | 'changeCount' | 'ordering'> = {},
): ObjectStore {
  return createDenoKvStore({ kv, random: systemRandom, now: () => 1_000, ...options });
}

/** A KV that its user cannot close. It has no prototype: the methods are copied by name. */
export function withoutClose(kv: KvLike): KvLike {
  return {
    get: key => kv.get(key),
    getMany: keys => kv.getMany(keys),
    set: (key, value) => kv.set(key, value),
    delete: key => kv.delete(key),
    list: (selector, options) => kv.list(selector, options),
    atomic: () => kv.atomic(),
    close: () => {},
  };
}
