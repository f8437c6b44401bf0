import type { R2BodyLike, R2BucketLike } from './bucket.ts';

/** What has been asked of a bucket. */
export interface Metered {
  readonly bucket: R2BucketLike;
  /** Grows while the bucket is used. An operation is what the platform counts as one: a try, a page of a list. */
  readonly spending: { readonly operations: number; readonly bodyBytes: number };
}

/** The bucket, with what it is asked counted. */
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
