import { createAtomic } from './in-memory/atomic.ts';
import { BadResource } from './in-memory/bad-resource.ts';
import { requireConsistency } from './in-memory/consistency.ts';
import { keyBytes } from './in-memory/key-bytes.ts';
import { keyOf } from './in-memory/key-parts.ts';
import { MAX_KEYS_PER_READ, requireAtMost, requireReadableBytes } from './in-memory/limits.ts';
import { createListing } from './in-memory/listing.ts';
import type { ShimKv } from './in-memory/shim-kv.ts';
import { createTable } from './in-memory/table.ts';
import { copyValue } from './in-memory/value.ts';
import type { KvKey, KvRead } from './kv-like.ts';

export interface KvShimOptions {
  /** Milliseconds since 1970. Decides when entries with an `expireIn` expire. */
  readonly now: () => number;
}

/**
 * Deno KV in the memory of one process, for tests and for runtimes that have neither Deno's KV nor the
 * package `@deno/kv`. It has the order, the limits, the batches, the cursors and the errors of Deno 2.9.
 * The data is lost with the process. It differs from Deno in these points:
 *
 * - It offers no queues (`enqueue`, `listenQueue`), no `watch`, no `KvU64` with `sum`, `min`, `max` and
 *   `mutate`, and no `commitVersionstamp`.
 * - An entry disappears at the millisecond at which it expires. Deno shows it for up to about a minute more.
 * - Versionstamps grow by one with each commit. Those of Deno leave gaps.
 * - It stores no platform objects, such as a `Blob`.
 * - A call that is running when the KV is closed completes. Deno may refuse it.
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
    return { key: keyOf(bytes), value: copyValue(row.value), versionstamp: row.versionstamp };
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
      return requireCommitted(await atomic().set(key, value, options).commit());
    },

    async delete(key) {
      requireCommitted(await atomic().delete(key).commit());
    },

    list: (selector, options = {}) => createListing(table, { selector, options, requireOpen }),

    atomic,

    close() {
      requireOpen();
      closed = true;
    },
  };
}

/** A read of a key is a read of the range that ends directly after it. */
function requireReadable(key: KvKey): void {
  requireReadableBytes(`${keyBytes(key)}\0`);
}

function requireCommitted<T extends { readonly ok: boolean }>(
  outcome: T,
): Extract<T, { ok: true }> {
  if (!outcome.ok) throw new Error('A commit without checks was refused');
  return outcome as Extract<T, { ok: true }>;
}
