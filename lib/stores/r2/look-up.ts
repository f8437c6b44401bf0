import type { StoredEntry, Version } from '../../store.ts';
import { readMetadata } from '../binding/metadata.ts';
import { createRetry, type RetryTiming } from '../binding/retry.ts';
import type { R2BucketLike } from './bucket.ts';
import { faultOf } from './error-codes.ts';

/** Looks an object up with its label. Null if nothing is stored. Rejects with a `StoreError`. */
export function createR2LookUp(
  options: RetryTiming & { readonly bucket: R2BucketLike },
): (key: string) => Promise<StoredEntry | null> {
  const retry = createRetry(options, error => faultOf(error) !== 'lasting');
  return key =>
    retry(`look up "r2:${key}"`, async () => {
      const object = await options.bucket.head(key);
      if (object === null) return null;
      return { key, version: object.etag as Version, label: readMetadata(object).label };
    });
}
