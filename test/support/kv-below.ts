import type {
  KvAtomic,
  KvEntry,
  KvKey,
  KvLike,
  KvListing,
  KvRead,
  KvSelector,
} from '../../lib/stores/deno-kv/kv-like.ts';

/** The part of a KV whose keys begin with a part, as a KV of its own. To close it does nothing. */
export function kvBelow(kv: KvLike, part: string): KvLike {
  const below = (key: KvKey): KvKey => [part, ...key];

  function shown<T extends KvRead>(entry: T): T {
    return { ...entry, key: entry.key.slice(1) };
  }

  function selected(selector: KvSelector): KvSelector {
    const parts = Object.entries(selector).map(([name, key]) => [name, below(key)]);
    return Object.fromEntries(parts) as KvSelector;
  }

  return {
    get: async key => shown(await kv.get(below(key))),
    getMany: async keys => (await kv.getMany(keys.map(below))).map(shown),
    set: (key, value) => kv.set(below(key), value),
    delete: key => kv.delete(below(key)),
    list: (selector, options) => shownListing(kv.list(selected(selector), options)),
    atomic: () => atomicBelow(kv.atomic()),
    close() {},
  };

  function shownListing(listing: KvListing): KvListing {
    return {
      get cursor() {
        return listing.cursor;
      },
      async *[Symbol.asyncIterator](): AsyncGenerator<KvEntry> {
        for await (const entry of listing) yield shown(entry);
      },
    };
  }

  function atomicBelow(atomic: KvAtomic): KvAtomic {
    const own: KvAtomic = {
      check(...checks) {
        const asked = checks.map(({ key, versionstamp }) => ({ key: below(key), versionstamp }));
        atomic.check(...asked);
        return own;
      },
      set(key, value) {
        atomic.set(below(key), value);
        return own;
      },
      delete(key) {
        atomic.delete(below(key));
        return own;
      },
      commit: () => atomic.commit(),
    };
    return own;
  }
}
