/** How keys are spread over the shards. */
export interface ShardKeys {
  /** The folder of the objects that are in the medium of the bodies. Null where all are in the shards. */
  readonly listed: string | null;
  /** The place of a key. Keys of one place are in one shard. */
  readonly placeOf: (key: string) => string;
  /** The place of all keys with a prefix. Null where they may be of several. */
  readonly placeOfPrefix: (prefix: string) => string | null;
}

/**
 * The number of the shard of a place. Stored data depends on it, so it never changes: FNV-1a over the units of the text, with
 * the bits mixed.
 */
export function shardOf(place: string, shards: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < place.length; at += 1) {
    const unit = place.charCodeAt(at);
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193);
    hash = Math.imul(hash ^ (unit >> 8), 0x01000193);
  }
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  hash ^= hash >>> 16;
  return (hash >>> 0) % shards;
}
