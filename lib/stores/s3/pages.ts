import { StoreError } from '../../store.ts';
import type { Retry } from '../binding/retry.ts';
import { compareKeys } from '../key-order.ts';
import type { S3Bucket } from './bucket.ts';
import type { ListedObject } from './list-page.ts';

/** The pages of a list of keys with the prefix, behind `after`, which may be empty. By the keys of the store. */
export type Pages = (prefix: string, after: string) => AsyncIterable<readonly ListedObject[]>;

/** Some servers give a page without keys now and then. */
const MOST_EMPTY_PAGES = 100;

/** Rejects with a `StoreError` where pages do not follow each other: a list that repeats itself would never end. */
export function createPages({
  bucket,
  root,
  retry,
  locate,
}: {
  readonly bucket: Pick<S3Bucket, 'list'>;
  /** What all keys begin with in the bucket. */
  readonly root: string;
  readonly retry: Retry;
  readonly locate: (key: string) => string;
}): Pages {
  return async function* pages(prefix, after) {
    const attempt = `list "${locate(prefix)}"`;
    let start: { token?: string; startAfter?: string } =
      after === '' ? {} : { startAfter: root + after };
    let last = root + after;
    let emptyPages = 0;
    for (;;) {
      const { objects, token } = await retry(attempt, () =>
        bucket.list({ prefix: root + prefix, ...start }),
      );
      const first = objects[0]?.key;
      if (first !== undefined && compareKeys(first, last) <= 0) {
        throw new StoreError(`Cannot ${attempt}: a page does not begin behind the one before`);
      }
      last = objects.at(-1)?.key ?? last;
      emptyPages = first === undefined ? emptyPages + 1 : 0;
      yield objects
        .map(({ key, version }) => ({ key: key.slice(root.length), version }))
        // Some tools make an object for a folder.
        .filter(({ key }) => !key.endsWith('/'));
      if (token === null) return;
      if (token === start.token || emptyPages > MOST_EMPTY_PAGES) {
        throw new StoreError(`Cannot ${attempt}: the next page is the same one`);
      }
      start = { token };
    }
  };
}
