import type { R2BucketLike, R2ObjectLike, R2PutLike } from '../../lib/stores/r2/bucket.ts';

/** What a test does to the buckets of the Worker and of the objects. */
interface Controls {
  /** Runs before each put of a job. */
  beforePut: ((key: string) => Promise<void> | void) | null;
  /** Runs after each put of a job that was carried out. */
  afterPut: ((key: string) => Promise<void> | void) | null;
  /** The time between two puts of a key that the bucket takes, in milliseconds; 0 for any. */
  everyMs: number;
}

export const controls: Controls = { beforePut: null, afterPut: null, everyMs: 0 };

export function resetControls(): void {
  Object.assign(controls, { beforePut: null, afterPut: null, everyMs: 0 } satisfies Controls);
  writtenAt.clear();
  counts.puts = 0;
  counts.refused = 0;
}

/** Of puts that came to the bucket, and of those that it refused for their rate. */
export const counts = { puts: 0, refused: 0 };

const writtenAt = new Map<string, number>();

/** A bucket that tests control. It takes one write of a key within `everyMs`, and refuses others as R2 does. */
export function controlledBucket(inner: R2BucketLike): R2BucketLike {
  return {
    head: key => inner.head(key),
    get: key => inner.get(key),
    list: options => inner.list(options),
    delete: key => inner.delete(key),
    async put(key: string, body: Uint8Array, options: R2PutLike): Promise<R2ObjectLike | null> {
      if (!key.startsWith('jobs/')) return inner.put(key, body, options);
      await controls.beforePut?.(key);
      counts.puts += 1;
      const now = Date.now();
      if (now - (writtenAt.get(key) ?? Number.NEGATIVE_INFINITY) < controls.everyMs) {
        counts.refused += 1;
        throw new Error('put: Reduce your rate of concurrent requests for one object. (10058)');
      }
      writtenAt.set(key, now);
      const stored = await inner.put(key, body, options);
      if (stored !== null) await controls.afterPut?.(key);
      return stored;
    },
  };
}
