import { createHash } from 'node:crypto';
import type {
  R2BodyLike,
  R2BucketLike,
  R2ListLike,
  R2PutLike,
} from '../../lib/stores/r2/bucket.ts';

/** So many objects come in a page of the emulation, and so many where their metadata comes with them. */
const PAGE = 1_000;
const PAGE_WITH_METADATA = 100;

/** A bucket in memory that lists in the pages of the emulation: for more objects than that takes in good time. */
export function createBucketFake({
  pageWithMetadata = PAGE_WITH_METADATA,
  etagOf = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex'),
} = {}): R2BucketLike {
  const stored = new Map<string, R2BodyLike>();
  // Sorted when it is needed; null where a key has come or gone since.
  let ascending: readonly string[] | null = null;

  function meets(key: string, onlyIf: R2PutLike['onlyIf'] = {}): boolean {
    const { etagMatches, etagDoesNotMatch } = onlyIf;
    const etag = stored.get(key)?.etag;
    if (etagMatches !== undefined && etag !== etagMatches) return false;
    return etagDoesNotMatch === undefined || etag === undefined;
  }

  function page({ prefix = '', startAfter = '', cursor = startAfter, include = [] }: R2ListLike) {
    const size = include.length > 0 ? pageWithMetadata : PAGE;
    ascending ??= [...stored.keys()].toSorted(compareBytes);
    const first = placeOf(ascending, cursor > prefix ? cursor : prefix);
    const keys = ascending
      .slice(first, first + size + 2)
      .filter(key => key.startsWith(prefix) && key !== cursor);
    const objects = keys.slice(0, size).flatMap(key => stored.get(key) ?? []);
    if (objects.length === keys.length) return { objects, truncated: false };
    return { objects, truncated: true, cursor: objects.at(-1)?.key };
  }

  return {
    head: async key => stored.get(key) ?? null,
    get: async key => stored.get(key) ?? null,
    async put(key, body, { onlyIf, customMetadata = {} }) {
      if (!meets(key, onlyIf)) return null;
      const bytes = new Uint8Array(body);
      const object: R2BodyLike = {
        key,
        size: bytes.byteLength,
        etag: etagOf(bytes),
        customMetadata: { ...customMetadata },
        arrayBuffer: async () => bytes.slice().buffer,
      };
      if (!stored.has(key)) ascending = null;
      stored.set(key, object);
      return object;
    },
    async delete(key) {
      if (stored.delete(key)) ascending = null;
    },
    list: async options => page(options),
  };
}

/** Where a key stands among them, or would stand. */
function placeOf(ascending: readonly string[], key: string): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareBytes(ascending[middle] ?? '', key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function compareBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}
