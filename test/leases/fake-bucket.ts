import type { R2BucketLike, R2ObjectLike } from '../../lib/stores/r2/bucket.ts';

interface Stored extends R2ObjectLike {
  readonly body: Uint8Array<ArrayBuffer>;
}

/** As much of a bucket as the store asks for, in memory: for counting, where the emulation would be slow. */
export function createFakeBucket(): R2BucketLike {
  const objects = new Map<string, Stored>();
  let puts = 0;

  return {
    head: async key => objects.get(key) ?? null,
    async get(key) {
      const object = objects.get(key);
      if (object === undefined) return null;
      const { body } = object;
      return { ...object, size: body.byteLength, arrayBuffer: async () => body.slice().buffer };
    },
    async put(key, body, { onlyIf = {}, customMetadata = {} }) {
      const stored = objects.get(key);
      if (onlyIf.etagDoesNotMatch === '*' && stored !== undefined) return null;
      if (onlyIf.etagMatches !== undefined && onlyIf.etagMatches !== stored?.etag) return null;
      puts += 1;
      const object = { key, etag: `e${puts}`, customMetadata, body: new Uint8Array(body) };
      objects.set(key, object);
      return object;
    },
    async delete(key) {
      objects.delete(key);
    },
    async list({ prefix = '', startAfter = '', cursor = '' }) {
      const after = cursor === '' ? startAfter : cursor;
      const keys = [...objects.keys()].filter(key => key.startsWith(prefix) && key > after);
      const page = keys.toSorted().slice(0, 1000);
      const last = page.at(-1);
      const truncated = keys.length > page.length;
      return {
        objects: page.flatMap(key => objects.get(key) ?? []),
        truncated,
        ...(truncated && last !== undefined ? { cursor: last } : {}),
      };
    },
  };
}
