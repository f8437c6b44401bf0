import type { ObjectStore, StoredEntry } from '../store.ts';
import { createFollower } from './deno-kv/follower.ts';
import { partsOf } from './deno-kv/keys.ts';
import type { KvLike } from './deno-kv/kv-like.ts';
import { pointersOf } from './deno-kv/pointer-pages.ts';
import { createReader } from './deno-kv/reader.ts';
import { type Chance, createAttempt, type Delay, systemDelay } from './deno-kv/retry.ts';
import { createUploads } from './deno-kv/uploads.ts';
import { storedVersion } from './deno-kv/version.ts';
import { createWriter } from './deno-kv/writer.ts';

export interface DenoKvStoreOptions {
  /** Deno's own, that of `@deno/kv`, or the in-memory shim. The store closes it when it is closed. */
  readonly kv: KvLike;
  readonly random: Chance;
  /** Milliseconds since 1970. Says how old an upload is that was left behind; nothing else rests on it. */
  readonly now: () => number;
  /** Whether what the KV holds is gone with the process, and seen by no other. */
  readonly inMemory?: boolean;
  /** Waits so many milliseconds while another process keeps the database locked. */
  readonly delay?: Delay;
}

/**
 * A store in anything shaped like `Deno.Kv`. An object is a pointer, with its label, and a body. Lists read
 * pointers alone. A body of up to 60 KiB is one value, which one commit writes with the pointer and one read
 * gets with it. A larger body is uploaded in chunks first, and the pointer set afterwards; so a reader that
 * misses chunks reads the pointer again. What writers who died have left behind, `removeLeakedChunks` removes.
 */
export function createDenoKvStore(options: DenoKvStoreOptions): ObjectStore {
  const { kv, random, now, inMemory = false, delay = systemDelay } = options;
  const attempt = createAttempt(random, delay);
  const reader = createReader(kv, attempt);
  const uploads = createUploads({ kv, attempt, chance: random, now });
  const writer = createWriter({ kv, attempt, reader, uploads, now });

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
      writer.put(key, { body, precondition, label: label ?? null }),

    delete: (key, precondition) => writer.delete(key, precondition),

    async *list(prefix, after): AsyncGenerator<StoredEntry> {
      for await (const entry of pointersOf(kv, { attempt, prefix, after })) {
        const { key, pointer } = entry;
        yield { key, version: storedVersion(entry), label: pointer?.label ?? null };
      }
    },

    follow: prefix => createFollower({ reader, list: () => pointersOf(kv, { attempt, prefix }) }),

    locate(key) {
      const { folder, name } = partsOf(key);
      return `deno-kv:${JSON.stringify(['o', folder, name])}`;
    },

    close: () => attempt('close the KV', async () => kv.close()),
  };
}
