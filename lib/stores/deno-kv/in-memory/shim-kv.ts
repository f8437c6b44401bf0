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

/** The part of `Deno.Kv` that the shim offers: what the store asks for, with the options of Deno. */
export interface ShimKv extends KvLike {
  get(key: KvKey, options?: ReadOptions): Promise<KvRead>;
  getMany(keys: readonly KvKey[], options?: ReadOptions): Promise<readonly KvRead[]>;
  set(key: KvKey, value: unknown, options?: SetOptions): Promise<KvCommitted>;
  list(selector: KvSelector, options?: ListOptions): ShimListing;
  atomic(): ShimAtomic;
}

export interface ReadOptions {
  /** One process holds all there is, so that both levels read the same. */
  consistency?: Consistency;
}

export type Consistency = 'strong' | 'eventual';

export interface SetOptions {
  /** Milliseconds from the commit on, a whole number. */
  expireIn?: number;
}

export interface ListOptions extends KvListOptions, ReadOptions {}

/** An iterator: a second loop goes on where the first one stopped. */
export interface ShimListing extends KvListing {
  next(): Promise<IteratorResult<KvEntry, undefined>>;
}

export interface ShimAtomic extends KvAtomic {
  check(...checks: KvCheck[]): ShimAtomic;
  set(key: KvKey, value: unknown, options?: SetOptions): ShimAtomic;
  delete(key: KvKey): ShimAtomic;
}
