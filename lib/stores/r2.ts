import {
  allows,
  type ObjectStore,
  type StoredEntry,
  type StoredObject,
  type Version,
} from '../store.ts';
import { createFollower } from './binding/follower.ts';
import { readMetadata } from './binding/metadata.ts';
import { createNameFollower } from './binding/name-follower.ts';
import { cursorOf } from './binding/page.ts';
import { createRetry, type RetryTiming } from './binding/retry.ts';
import { createWriter } from './binding/writer.ts';
import type { R2BucketLike, R2ListLike, R2ObjectLike } from './r2/bucket.ts';
import { faultOf } from './r2/error-codes.ts';

export interface R2StoreOptions extends RetryTiming {
  readonly bucket: R2BucketLike;
  /** The name of the bucket in `locate`. A binding does not know its own name. */
  readonly name?: string;
}

/**
 * A store in an R2 bucket: one object per key, under the same key, with the same bytes. Versions are etags,
 * so equal bytes have equal versions. An operation that the bucket refuses, or does not answer, is retried
 * for ten seconds.
 */
export function createR2Store(options: R2StoreOptions): ObjectStore {
  const { bucket, name } = options;
  const retry = createRetry(options, error => faultOf(error) !== 'lasting');
  const write = createWriter({ bucket, retry, faultOf, isEtag });

  function locate(key: string): string {
    return name === undefined ? `r2:${key}` : `r2:${name}/${key}`;
  }

  // The read of the body is inside the task, so that a broken connection repeats the whole get.
  const get = (key: string): Promise<StoredObject | null> =>
    retry(`read "${locate(key)}"`, async () => {
      const object = await bucket.get(key);
      if (object === null) return null;
      const { label } = readMetadata(object);
      return {
        body: new Uint8Array(await object.arrayBuffer()),
        version: versionOf(object),
        label,
      };
    });

  const head = (key: string): Promise<Version | null> =>
    retry(`look up "${locate(key)}"`, async () => {
      const object = await bucket.head(key);
      return object === null ? null : versionOf(object);
    });

  async function* list(
    prefix: string,
    after = '',
    wants = { labels: true },
  ): AsyncGenerator<StoredEntry> {
    // A page with metadata has fewer objects.
    const include: R2ListLike['include'] = wants.labels ? ['customMetadata'] : [];
    const attempt = `list "${locate(prefix)}"`;
    let start: { cursor?: string; startAfter?: string } = after === '' ? {} : { startAfter: after };
    for (;;) {
      const page = await retry(attempt, () => bucket.list({ prefix, include, ...start }));
      // A page with metadata may be short and not the last one, so its length says nothing.
      yield* page.objects.map(entryOf);
      if (!page.truncated) return;
      start = { cursor: cursorOf(page, attempt) };
    }
  }

  return {
    ordered: null,
    traits: {
      name: 'r2',
      compareAndSwap: true,
      sharedBetweenProcesses: true,
      durable: true,
      readAfterWrite: true,
      distinctVersions: false,
      conditionalDelete: false,
      labels: true,
    },

    get,
    head,

    put: (key, body, precondition, label) =>
      write(`write "${locate(key)}"`, { key, body, precondition, label: label ?? null }),

    async delete(key, precondition) {
      // R2 ignores the condition of a delete, so a write between this head and the deletion is lost.
      if (precondition.kind !== 'none' && !allows(precondition, await head(key))) return false;
      await retry(`delete "${locate(key)}"`, () => bucket.delete(key));
      return true;
    },

    list,
    follow: prefix => createFollower({ list: () => list(prefix), get, notFound: 'removed' }),
    followNames: prefix => createNameFollower(() => list(prefix, undefined, { labels: false })),
    locate,
    async close() {},
  };
}

/** R2 reads a star as every etag, and rejects a quoted one. No object has such a version. */
function isEtag(version: Version): boolean {
  return /^[\w-]+$/.test(version);
}

function versionOf({ etag }: R2ObjectLike): Version {
  return etag as Version;
}

function entryOf(object: R2ObjectLike): StoredEntry {
  return { key: object.key, version: versionOf(object), label: readMetadata(object).label };
}
