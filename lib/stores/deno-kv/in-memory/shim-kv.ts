import type {
  KvAtomic,
  KvCheck,
  KvCommitted,
  KvEntry,
  KvKey,
  KvLike,
  KvListing,
  KvListOptions,
  KvRead,
  KvSelector,
} from '../kv-like.ts';

/** The part of `Deno.Kv` that the shim offers: what the store uses, with the options of Deno. */
export interface ShimKv extends KvLike {
  get(key: KvKey, options?: ReadOptions): Promise<KvRead>;
  getMany(keys: readonly KvKey[], options?: ReadOptions): Promise<readonly KvRead[]>;
  set(key: KvKey, value: unknown, options?: SetOptions): Promise<KvCommitted>;
  list(selector: KvSelector, options?: ListOptions): ShimListing;
  atomic(): ShimAtomic;
}

export interface ReadOptions {
  /** Both levels read the same, because one process has all the data. */
  consistency?: Consistency;
}

export type Consistency = 'strong' | 'eventual';

export interface SetOptions {
  /** A whole number of milliseconds from the commit on. */
  expireIn?: number;
}

export interface ListOptions extends KvListOptions, ReadOptions {}

/** An iterator: a second loop continues where the first one stopped. */
export interface ShimListing extends KvListing {
  next(): Promise<IteratorResult<KvEntry, undefined>>;
}

export interface ShimAtomic extends KvAtomic {
  check(...checks: KvCheck[]): ShimAtomic;
  set(key: KvKey, value: unknown, options?: SetOptions): ShimAtomic;
  delete(key: KvKey): ShimAtomic;
}
