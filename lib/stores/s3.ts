import type { ObjectStore, StoredEntry } from '../store.ts';
import { createFollower } from './binding/follower.ts';
import { createNameFollower } from './binding/name-follower.ts';
import { createRetry, type RetryTiming } from './binding/retry.ts';
import type { BucketAddress } from './s3/address.ts';
import { createS3Bucket } from './s3/bucket.ts';
import { inspectBucket } from './s3/inspection.ts';
import { createKnownLabels } from './s3/known-labels.ts';
import { createLabelParts } from './s3/label-parts.ts';
import { createLabelledList } from './s3/labelled-list.ts';
import { createS3Objects } from './s3/objects.ts';
import { createPages } from './s3/pages.ts';
import { raceMedium } from './s3/race-medium.ts';
import { faultOf, pauseAskedBy } from './s3/s3-error.ts';
import { createSend, type SendOptions } from './s3/send.ts';

export interface S3StoreOptions extends RetryTiming, SendOptions {
  /** Other addresses of the same bucket. Only the examination of the store uses them. */
  readonly others?: readonly BucketAddress[];
  /** What all keys of the store begin with: empty, or ending with a slash. */
  readonly prefix: string;
  /** The folders of which lists with labels are fast after a start, by an index below `labels/`. None if it is left out. */
  readonly indexed?: readonly string[];
}

/**
 * A store in a bucket of an S3 server: one object per key, under the same key behind the prefix, with the same bytes. Versions
 * are etags, so equal bytes have equal versions. Labels are metadata. Lists of S3 do not have them, so a list that wants labels
 * looks up each object whose label neither this process nor the index knows.
 * An operation that the server refuses for now, or does not answer, is retried for ten seconds.
 */
export function createS3Store(options: S3StoreOptions): ObjectStore {
  const { address, others = [], prefix: root } = options;
  const retry = createRetry(options, error => faultOf(error) !== 'lasting', pauseAskedBy);
  const labels = createKnownLabels();
  const bucketAt = (at: BucketAddress) =>
    createS3Bucket(createSend({ ...options, address: at }), {
      scratchKey: `${root}doctor/etag-${crypto.randomUUID()}`,
    });
  const bucket = bucketAt(address);
  const objects = createS3Objects({ bucket, root, retry, labels, locate });
  const elsewhere = others.map(at =>
    createS3Objects({ bucket: bucketAt(at), root, retry, labels, locate }),
  );

  function locate(key: string): string {
    return `s3://${address.bucket}/${root}${key}`;
  }

  const pages = createPages({ bucket, root, retry, locate });

  const listLabelled = createLabelledList({
    pages,
    parts: createLabelParts({ objects, list: prefix => pages(prefix, '') }),
    labels,
    folders: options.indexed ?? [],
    now: options.now,
    lookUp: key => objects.lookUp(key),
  });

  async function* list(
    prefix: string,
    after = '',
    wants = { labels: true },
  ): AsyncGenerator<StoredEntry> {
    if (wants.labels) yield* listLabelled(prefix, after, null);
    else {
      for await (const page of pages(prefix, after)) {
        yield* page.map(({ key, version }) => ({ key, version, label: null }));
      }
    }
  }

  return {
    ordered: null,
    traits: {
      name: 's3',
      compareAndSwap: true,
      sharedBetweenProcesses: true,
      durable: true,
      readAfterWrite: true,
      distinctVersions: false,
      conditionalDelete: false,
      labels: true,
    },
    media: [raceMedium([objects, ...elsewhere])],
    inspect: () => inspectBucket({ objects, pages }),

    get: key => objects.get(key),
    head: async key => (await objects.lookUp(key))?.version ?? null,
    put: (key, body, precondition, label) =>
      objects.put({ key, body, precondition, label: label ?? null }),
    delete: (key, precondition) => objects.delete(key, precondition),
    list,
    follow: prefix =>
      createFollower({
        list: isReported => listLabelled(prefix, '', isReported),
        get: key => objects.get(key),
        notFound: 'removed',
      }),
    followNames: prefix => createNameFollower(() => list(prefix, '', { labels: false })),
    locate,
    async close() {},
  };
}
