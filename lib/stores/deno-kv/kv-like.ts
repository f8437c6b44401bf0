/**
 * The part of Deno KV that the store uses. `Deno.Kv`, the `Kv` of the package `@deno/kv` and the
 * in-memory shim all have this shape. Every operation is strongly consistent.
 */
export interface KvLike {
  get(key: KvKey): Promise<KvRead>;
  /** At most 10 keys, read at one moment. */
  getMany(keys: readonly KvKey[]): Promise<readonly KvRead[]>;
  set(key: KvKey, value: unknown): Promise<KvCommitted>;
  delete(key: KvKey): Promise<void>;
  list(selector: KvSelector, options?: KvListOptions): KvListing;
  atomic(): KvAtomic;
  close(): void;
}

/** At most 2,048 bytes in the encoding of Deno KV. */
export type KvKey = readonly KvKeyPart[];

/** Parts are ordered by type, in the order written here, and within a type by value; strings by UTF-8. */
export type KvKeyPart = Uint8Array | string | number | bigint | boolean;

/** A key as it is returned. Runtimes differ in the types of parts that they allow. */
export type KvStoredKey = readonly unknown[];

export interface KvEntry {
  readonly key: KvStoredKey;
  readonly value: unknown;
  /** 20 hexadecimal digits that grow with every commit. Entries of one commit share theirs. */
  readonly versionstamp: string;
}

export type KvRead =
  | KvEntry
  | { readonly key: KvStoredKey; readonly value: null; readonly versionstamp: null };

export interface KvCommitted {
  readonly ok: true;
  readonly versionstamp: string;
}

/** Keys below a prefix, without the prefix itself; from `start` on (inclusive), or up to `end` (exclusive). */
export type KvSelector =
  | { prefix: KvKey }
  | { prefix: KvKey; start: KvKey }
  | { prefix: KvKey; end: KvKey }
  | { start: KvKey; end: KvKey };

export interface KvListOptions {
  limit?: number;
  /** Continues after the entry at which another listing had this cursor. */
  cursor?: string;
  reverse?: boolean;
  batchSize?: number;
}

export interface KvListing extends AsyncIterable<KvEntry> {
  /** The cursor of the last returned entry. */
  readonly cursor: string;
}

export interface KvCheck {
  readonly key: KvKey;
  /** Null: nothing is stored under the key. */
  readonly versionstamp: string | null;
}

/** Mutations that happen together if all checks hold, and not at all otherwise. */
export interface KvAtomic {
  check(...checks: KvCheck[]): KvAtomic;
  set(key: KvKey, value: unknown): KvAtomic;
  delete(key: KvKey): KvAtomic;
  commit(): Promise<KvCommitted | { readonly ok: false }>;
}
