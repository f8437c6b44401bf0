import type { R2BucketLike } from '../../lib/stores/r2/bucket.ts';
import type { WorkersKvLike } from '../../lib/stores/workers-kv/namespace.ts';

/** One emulation of the platform, for the tests of one file, with one bucket and one namespace. */
export interface Emulation {
  readonly bucket: R2BucketLike;
  readonly namespace: WorkersKvLike;
  /** Removes all that is stored. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

/** That of the tests themselves: only in workerd. */
export async function openEmulation(): Promise<Emulation> {
  const { namespaceOf, nextBucket, nextPrefix } = await import('../support/runtime-workerd.ts');
  let bucket = nextBucket();
  let prefix = nextPrefix();
  return {
    bucket: {
      head: key => bucket.head(key),
      get: key => bucket.get(key),
      put: (key, body, options) => bucket.put(key, body, options),
      delete: key => bucket.delete(key),
      list: options => bucket.list(options),
    },
    namespace: namespaceOf(() => prefix),
    // To take another part of each is quicker than to delete one object after the other.
    async clear() {
      bucket = nextBucket();
      prefix = nextPrefix();
    },
    stop: async () => {},
  };
}
