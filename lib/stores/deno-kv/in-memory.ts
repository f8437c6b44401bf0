import { createAtomic } from './in-memory/atomic.ts';
import { BadResource } from './in-memory/bad-resource.ts';
import { requireConsistency } from './in-memory/consistency.ts';
import { keyBytes } from './in-memory/key-bytes.ts';
import { keyOf } from './in-memory/key-parts.ts';
import { MAX_KEYS_PER_READ, requireAtMost, requireReadableBytes } from './in-memory/limits.ts';
import { createListing } from './in-memory/listing.ts';
import type { ShimKv } from './in-memory/shim-kv.ts';
import { createTable } from './in-memory/table.ts';
import { copyOfValue } from './in-memory/value.ts';
import type { KvKey, KvRead } from './kv-like.ts';

export interface KvShimOptions {
  /** Milliseconds since 1970. Says when entries with an `expireIn` are gone. */
  readonly now: () => number;
}

/**
 * Deno KV in the memory of one process: for tests, and for runtimes that have neither Deno's nor the
 * package `@deno/kv`. Keeps the order, the limits, the batches, the cursors and the errors of Deno 2.9.
 * Nothing survives the process. What it does not do as Deno does:
 *
 * - It offers no queues (`enqueue`, `listenQueue`), no `watch`, no `KvU64` with `sum`, `min`, `max` and
 *   `mutate`, and no `commitVersionstamp`.
 * - An entry is gone at the millisecond at which it expires. Deno shows it until about a minute later.
 * - Versionstamps grow by one with each commit. Those of Deno leave gaps.
 * - It keeps no objects of a platform, such as a `Blob`.
 * - A call that is under way when it is closed is carried out. Deno may refuse it.
 */
export function createKvShim({ now }: KvShimOptions): ShimKv {
  const table = createTable(now);
  let closed = false;

  function requireOpen(): void {
    if (closed) throw new BadResource();
  }

  function atomic() {
    return createAtomic({ table, now, requireOpen });
  }

  function read(key: KvKey): KvRead {
    const bytes = keyBytes(key);
    const row = table.get(bytes);
    if (row === undefined) return { key, value: null, versionstamp: null };
    return { key: keyOf(bytes), value: copyOfValue(row.value), versionstamp: row.versionstamp };
  }

  return {
    async get(key, options) {
      requireConsistency(options?.consistency);
      requireOpen();
      requireReadable(key);
      return read(key);
    },

    async getMany(keys, options) {
      requireConsistency(options?.consistency);
      requireOpen();
      requireAtMost(MAX_KEYS_PER_READ, keys.length, 'ranges');
      for (const key of keys) requireReadable(key);
      return keys.map(read);
    },

    async set(key, value, options) {
      return committed(await atomic().set(key, value, options).commit());
    },

    async delete(key) {
      committed(await atomic().delete(key).commit());
    },

    list: (selector, options = {}) => createListing(table, { selector, options, requireOpen }),

    atomic,

    close() {
      requireOpen();
      closed = true;
    },
  };
}

/** A key is read as the range that ends right behind it. */
function requireReadable(key: KvKey): void {
  requireReadableBytes(`${keyBytes(key)}\0`);
}

function committed<T extends { readonly ok: boolean }>(outcome: T): Extract<T, { ok: true }> {
  if (!outcome.ok) throw new Error('A commit without checks was refused');
  return outcome as Extract<T, { ok: true }>;
}
