import type { KvAtomic, KvEntry, KvLike, KvRead } from '../../../lib/stores/deno-kv/kv-like.ts';

/** What was asked of a KV, and what it delivered. A listing counts as one read of its limit. */
export interface KvSpending {
  reads: number;
  lists: number;
  commits: number;
  /** Of the commits: keys that were set, and keys that were deleted. */
  sets: number;
  deletes: number;
  deliveredBytes: number;
}

export function countedKv(kv: KvLike): { readonly kv: KvLike; take(): KvSpending } {
  let spent = nothing();

  function delivered<T extends KvRead>(entry: T): T {
    if (entry.value instanceof Uint8Array) spent.deliveredBytes += entry.value.byteLength;
    return entry;
  }

  const counted: KvLike = {
    async get(key) {
      spent.reads += 1;
      return delivered(await kv.get(key));
    },
    async getMany(keys) {
      spent.reads += 1;
      return (await kv.getMany(keys)).map(delivered);
    },
    set: () => Promise.reject(new Error('The store sets in commits alone')),
    delete: () => Promise.reject(new Error('The store deletes in commits alone')),
    list(selector, options) {
      spent.lists += 1;
      const listing = kv.list(selector, options);
      return {
        get cursor() {
          return listing.cursor;
        },
        async *[Symbol.asyncIterator](): AsyncGenerator<KvEntry> {
          for await (const entry of listing) yield delivered(entry);
        },
      };
    },
    atomic: () => countedAtomic(kv.atomic()),
    close: () => kv.close(),
  };

  function countedAtomic(inner: KvAtomic): KvAtomic {
    const atomic: KvAtomic = {
      check(...checks) {
        inner.check(...checks);
        return atomic;
      },
      set(key, value) {
        spent.sets += 1;
        inner.set(key, value);
        return atomic;
      },
      delete(key) {
        spent.deletes += 1;
        inner.delete(key);
        return atomic;
      },
      commit() {
        spent.commits += 1;
        return inner.commit();
      },
    };
    return atomic;
  }

  return {
    kv: counted,
    /** What was spent since it was last asked. */
    take() {
      const taken = spent;
      spent = nothing();
      return taken;
    },
  };
}

function nothing(): KvSpending {
  return { reads: 0, lists: 0, commits: 0, sets: 0, deletes: 0, deliveredBytes: 0 };
}
