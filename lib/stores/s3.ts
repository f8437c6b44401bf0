import {
  allows,
  type ObjectStore,
  type StoredEntry,
  type StoredObject,
  StoreError,
  type Version,
} from '../store.ts';
import { createFollower } from './binding/follower.ts';
import { readMetadata } from './binding/metadata.ts';
import { createNameFollower } from './binding/name-follower.ts';
import { createRetry, type RetryTiming } from './binding/retry.ts';
import { createWriter } from './binding/writer.ts';
import { createS3Bucket } from './s3/bucket.ts';
import { etagOf } from './s3/etag.ts';
import { createKnownLabels } from './s3/known-labels.ts';
import type { ListedObject } from './s3/list-page.ts';
import { faultOf } from './s3/s3-error.ts';
import { createSend, type SendOptions } from './s3/send.ts';

export interface S3StoreOptions extends RetryTiming, SendOptions {
  /** What all keys of the store begin with: empty, or ending with a slash. */
  readonly prefix: string;
}

/** So many labels of a list are looked up at a time. */
const LOOK_UPS_AT_ONCE = 50;

/**
 * A store in a bucket of an S3 server: one object per key, under the same key behind the prefix, with the same bytes. Versions
 * are etags, so equal bytes have equal versions. Labels are metadata. Lists of S3 do not have them, so a list that wants labels
 * looks up each object whose label this process does not know.
 * An operation that the server refuses for now, or does not answer, is retried for ten seconds.
 */
export function createS3Store(options: S3StoreOptions): ObjectStore {
  const { address, prefix: root } = options;
  const retry = createRetry(options, error => faultOf(error) !== 'lasting');
  const bucket = createS3Bucket(createSend(options));
  const labels = createKnownLabels();
  const write = createWriter({
    bucket,
    retry,
    faultOf,
    isEtag: version => etagOf(version) !== null,
  });

  function locate(key: string): string {
    return `s3://${address.bucket}/${root}${key}`;
  }

  const get = (key: string): Promise<StoredObject | null> =>
    retry(`read "${locate(key)}"`, async () => {
      const object = await bucket.get(root + key);
      return object === null ? null : { body: object.body, version: object.etag as Version };
    });

  /** The object with its label as it is now. Null if nothing is stored. */
  const lookUp = (key: string): Promise<StoredEntry | null> =>
    retry(`look up "${locate(key)}"`, async () => {
      const object = await bucket.head(root + key);
      if (object === null) return null;
      const entry = { key, version: object.etag as Version, label: readMetadata(object).label };
      labels.remember(key, entry.version, entry.label);
      return entry;
    });

  async function* pages(prefix: string, after: string): AsyncGenerator<readonly ListedObject[]> {
    const attempt = `list "${locate(prefix)}"`;
    let start: { token?: string; startAfter?: string } =
      after === '' ? {} : { startAfter: root + after };
    for (;;) {
      const { objects, token } = await retry(attempt, () =>
        bucket.list({ prefix: root + prefix, ...start }),
      );
      yield objects
        .map(({ key, version }) => ({ key: key.slice(root.length), version }))
        // Some tools make an object for a folder.
        .filter(({ key }) => !key.endsWith('/'));
      if (token === null) return;
      if (token === start.token) {
        throw new StoreError(`Cannot ${attempt}: the next page is the same one`);
      }
      start = { token };
    }
  }

  async function labelled({ key, version }: ListedObject): Promise<StoredEntry[]> {
    const label = labels.find(key, version);
    if (label !== undefined) return [{ key, version, label }];
    // It may have a later version by now, which has another label, or be gone.
    const entry = await lookUp(key);
    return entry === null ? [] : [entry];
  }

  /** Without the labels of those that are known by their version. */
  async function* listLabelled(
    prefix: string,
    after: string,
    isKnown: (entry: StoredEntry) => boolean,
  ): AsyncGenerator<StoredEntry> {
    for await (const page of pages(prefix, after)) {
      for (let first = 0; first < page.length; first += LOOK_UPS_AT_ONCE) {
        const part = page.slice(first, first + LOOK_UPS_AT_ONCE);
        const entries = await Promise.all(
          part.map(async object => {
            const entry = { ...object, label: null };
            return isKnown(entry) ? [entry] : labelled(object);
          }),
        );
        yield* entries.flat();
      }
    }
  }

  async function* list(
    prefix: string,
    after = '',
    wants = { labels: true },
  ): AsyncGenerator<StoredEntry> {
    if (wants.labels) yield* listLabelled(prefix, after, () => false);
    else
      for await (const page of pages(prefix, after))
        yield* page.map(({ key, version }) => ({ key, version, label: null }));
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

    get,
    head: async key => (await lookUp(key))?.version ?? null,

    async put(key, body, precondition, label) {
      const text = label ?? null;
      const request = { key: root + key, body, precondition, label: text };
      const version = await write(`write "${locate(key)}"`, request);
      if (version !== null) labels.remember(key, version, text);
      return version;
    },

    async delete(key, precondition) {
      const stored = precondition.kind === 'none' ? null : ((await lookUp(key))?.version ?? null);
      if (precondition.kind !== 'none' && !allows(precondition, stored)) return false;
      if (precondition.kind === 'absent') return true;
      // Servers that ignore the condition lose a write that came after the look.
      return retry(`delete "${locate(key)}"`, () => bucket.delete(root + key, stored));
    },

    list,
    follow: prefix =>
      createFollower({
        list: isReported => listLabelled(prefix, '', isReported),
        get,
        notFound: 'removed',
      }),
    followNames: prefix => createNameFollower(() => list(prefix, '', { labels: false })),
    locate,
    async close() {},
  };
}
