import type { R2BucketLike, R2ObjectLike } from '../../lib/stores/r2/bucket.ts';

/** The part of a bucket whose keys begin with the prefix, as a bucket of its own. */
export function bucketBelow(bucket: R2BucketLike, prefix: string): R2BucketLike {
  function shown({ key, etag, customMetadata }: R2ObjectLike): R2ObjectLike {
    return { key: key.slice(prefix.length), etag, customMetadata };
  }

  return {
    async head(key) {
      const object = await bucket.head(prefix + key);
      return object === null ? null : shown(object);
    },
    async get(key) {
      const object = await bucket.get(prefix + key);
      if (object === null) return null;
      return {
        ...shown(object),
        size: object.size,
        arrayBuffer: () => object.arrayBuffer(),
      };
    },
    async put(key, body, options) {
      const object = await bucket.put(prefix + key, body, options);
      return object === null ? null : shown(object);
    },
    delete: key => bucket.delete(prefix + key),
    async list({ startAfter, ...options }) {
      const { objects, truncated, cursor } = await bucket.list({
        ...options,
        ...(startAfter === undefined ? {} : { startAfter: prefix + startAfter }),
        prefix: prefix + (options.prefix ?? ''),
      });
      return { objects: objects.map(shown), truncated, cursor };
    },
  };
}
