import type { ObjectStore, StoredEntry } from '../store.ts';
import { createNameFollower } from './binding/name-follower.ts';
import { createFollower } from './deno-kv/follower.ts';
import { partsOf } from './deno-kv/keys.ts';
import { type ChangeCount, createKnownPointers } from './deno-kv/known-pointers.ts';
import type { KvLike } from './deno-kv/kv-like.ts';
import { createOrderChanges, type Ordering } from './deno-kv/order-changes.ts';
import { createOrderedLists } from './deno-kv/ordered.ts';
import { pointersOf } from './deno-kv/pointer-pages.ts';
import { createReader } from './deno-kv/reader.ts';
import { createRetry, type Delay, type RandomLike, systemDelay } from './deno-kv/retry.ts';
import { createUploads } from './deno-kv/uploads.ts';
import { storedVersion } from './deno-kv/version.ts';
import { createWriter } from './deno-kv/writer.ts';
import { joined } from './parts.ts';

export interface DenoKvStoreOptions {
  /** A KV of Deno, of `@deno/kv`, or the in-memory shim. The store closes it. */
  readonly kv: KvLike;
  readonly random: RandomLike;
  /** Milliseconds since 1970. Used only for the age of uploads that were left behind. */
  readonly now: () => number;
  /** Whether the data of the KV is lost with the process and invisible to other processes. */
  readonly inMemory?: boolean;
  /** Null or left out where nothing counts the changes: then each `head` is a read. */
  readonly changeCount?: ChangeCount | null;
  /** Which objects have places in ordered lists. None if it is null or left out. */
  readonly ordering?: Ordering | null;
  /** Waits the given number of milliseconds while another process holds the lock of the database. */
  readonly delay?: Delay;
}

/**
 * A store in anything with the shape of `Deno.Kv`. An object is a pointer, with its label, and a body. Lists read
 * only pointers. A body of up to 60 KiB is one value. One commit writes it together with the pointer, and one read
 * gets both. A larger body is first uploaded in chunks, and the pointer is set afterwards. So a reader that finds
 * chunks missing reads the pointer again. `removeLeakedChunks` removes the chunks of writers that died.
 */
export function createDenoKvStore(options: DenoKvStoreOptions): ObjectStore {
  const {
    kv,
    random,
    now,
    inMemory = false,
    changeCount = null,
    ordering = null,
    delay = systemDelay,
  } = options;
  const retry = createRetry(random, delay);
  const known = createKnownPointers(changeCount);
  const reader = createReader(kv, { retry, known, isLocal: changeCount !== null });
  const uploads = createUploads({ kv, retry, random, now });
  const order = createOrderChanges(ordering ?? { folders: [], placeOf: () => null });
  const writer = createWriter({ kv, retry, reader, uploads, known, order, now });

  return {
    traits: {
      name: 'deno-kv',
      compareAndSwap: true,
      sharedBetweenProcesses: !inMemory,
      durable: !inMemory,
      readAfterWrite: true,
      distinctVersions: true,
      conditionalDelete: true,
      labels: true,
    },

    get: key => reader.object(key),

    async head(key) {
      const stored = await reader.pointer(key);
      return stored === null ? null : storedVersion(stored);
    },

    put: (key, body, precondition, label) =>
      writer.put(key, { body: joined(body), precondition, label: label ?? null }),

    delete: (key, precondition) => writer.delete(key, precondition),

    async *list(prefix, after): AsyncGenerator<StoredEntry> {
      for await (const entry of pointersOf(kv, { retry, prefix, after })) {
        const { key, pointer } = entry;
        yield { key, version: storedVersion(entry), label: pointer?.label ?? null };
      }
    },

    ordered: ordering === null ? null : createOrderedLists(ordering, { kv, retry, now }),

    follow: prefix => createFollower({ reader, list: () => pointersOf(kv, { retry, prefix }) }),

    followNames: prefix => createNameFollower(() => pointersOf(kv, { retry, prefix })),

    locate(key) {
      const { folder, name } = partsOf(key);
      return `deno-kv:${JSON.stringify(['o', folder, name])}`;
    },

    close: () => retry('close the KV', async () => kv.close()),
  };
}
