import { createAtomic } from './kv-shim/atomic.ts';
import { keyBytes } from './kv-shim/key-bytes.ts';
import { MAX_KEYS_PER_READ, requireAtMost, requireReadable } from './kv-shim/limits.ts';
import { createListing } from './kv-shim/listing.ts';
import { createTable } from './kv-shim/table.ts';
import { copyOfValue } from './kv-shim/value.ts';
import type { KvKey, KvLike, KvRead } from './stores/deno-kv/kv-like.ts';

/**
 * Deno KV in the memory of one process: for tests, and for runtimes that have neither Deno's nor the
 * package `@deno/kv`. Keeps the order, the versionstamps and the limits of `@deno/kv`, and throws Deno's
 * `TypeError`s. Takes values that are a `Uint8Array` or made as JSON is. Nothing survives the process.
 */
export function createKvShim(): KvLike {
  const table = createTable();
  let closed = false;

  function requireOpen(): void {
    if (closed) throw new Error('Cannot use a KV that is closed');
  }

  function read(key: KvKey): KvRead {
    const row = table.get(keyBytes(key));
    if (row === undefined) return { key, value: null, versionstamp: null };
    return { key, value: copyOfValue(row.value), versionstamp: row.versionstamp };
  }

  function atomic() {
    return createAtomic(table, requireOpen);
  }

  return {
    async get(key) {
      requireOpen();
      requireReadable(key);
      return read(key);
    },

    async getMany(keys) {
      requireOpen();
      requireAtMost(MAX_KEYS_PER_READ, keys.length, 'ranges');
      for (const key of keys) requireReadable(key);
      return keys.map(read);
    },

    async set(key, value) {
      requireOpen();
      return committed(await atomic().set(key, value).commit());
    },

    async delete(key) {
      requireOpen();
      committed(await atomic().delete(key).commit());
    },

    list(selector, options = {}) {
      requireOpen();
      return createListing(table, { selector, options, requireOpen });
    },

    atomic,

    close() {
      requireOpen();
      closed = true;
    },
  };
}

function committed<T extends { readonly ok: boolean }>(outcome: T): Extract<T, { ok: true }> {
  if (!outcome.ok) throw new Error('A commit without checks was refused');
  return outcome as Extract<T, { ok: true }>;
}
