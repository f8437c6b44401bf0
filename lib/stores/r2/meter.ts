import type { R2BodyLike, R2BucketLike } from './bucket.ts';

/** A bucket whose operations are counted. */
export interface Metered {
  readonly bucket: R2BucketLike;
  /** Grows while the bucket is used. One operation is one try, or one page of a list, as the platform counts. */
  readonly spending: { readonly operations: number; readonly bodyBytes: number };
}

/** Wraps the bucket and counts its operations. */
export function meterBucket(inner: R2BucketLike): Metered {
  const spending = { operations: 0, bodyBytes: 0 };

  function read(object: R2BodyLike | null): R2BodyLike | null {
    spending.bodyBytes += object?.size ?? 0;
    return object;
  }

  return {
    spending,
    bucket: {
      head(key) {
        spending.operations += 1;
        return inner.head(key);
      },
      async get(key) {
        spending.operations += 1;
        return read(await inner.get(key));
      },
      put(key, body, options) {
        spending.operations += 1;
        spending.bodyBytes += body.byteLength;
        return inner.put(key, body, options);
      },
      delete(key) {
        spending.operations += 1;
        return inner.delete(key);
      },
      list(options) {
        spending.operations += 1;
        return inner.list(options);
      },
    },
  };
}
