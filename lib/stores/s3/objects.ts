import {
  allows,
  type Precondition,
  type StoredEntry,
  type StoredObject,
  type Version,
} from '../../store.ts';
import { readMetadata } from '../binding/metadata.ts';
import type { Retry } from '../binding/retry.ts';
import { createWriter, type Write } from '../binding/writer.ts';
import type { S3Bucket } from './bucket.ts';
import { etagOf } from './etag.ts';
import type { KnownLabels } from './known-labels.ts';
import { faultOf, hasLostRace } from './s3-error.ts';

/** The objects of a bucket behind one endpoint, by the keys of the store. Rejects with a `StoreError`. */
export interface S3Objects {
  get(key: string): Promise<StoredObject | null>;
  /** The object with its label as it is now. Null if nothing is stored. */
  lookUp(key: string): Promise<StoredEntry | null>;
  /** Null when the precondition refused. */
  put(write: Write): Promise<Version | null>;
  delete(key: string, precondition: Precondition): Promise<boolean>;
}

export function createS3Objects({
  bucket,
  root,
  retry,
  labels,
  locate,
}: {
  readonly bucket: S3Bucket;
  /** What all keys begin with in the bucket. */
  readonly root: string;
  readonly retry: Retry;
  readonly labels: KnownLabels;
  readonly locate: (key: string) => string;
}): S3Objects {
  const write = createWriter({
    bucket,
    retry,
    faultOf,
    hasLostRace,
    isEtag: version => etagOf(version) !== null,
    // A proxy of several gateways sends a put to the next one where the first did not answer.
    mayRepeat: true,
  });

  const lookUp = (key: string): Promise<StoredEntry | null> =>
    retry(`look up "${locate(key)}"`, async () => {
      const object = await bucket.head(root + key);
      if (object === null) return null;
      const entry = { key, version: object.etag as Version, label: readMetadata(object).label };
      labels.remember(key, entry.version, entry.label);
      return entry;
    });

  return {
    get: key =>
      retry(`read "${locate(key)}"`, async () => {
        const object = await bucket.get(root + key);
        return object === null ? null : { body: object.body, version: object.etag as Version };
      }),

    lookUp,

    async put({ key, ...rest }) {
      const version = await write(`write "${locate(key)}"`, { key: root + key, ...rest });
      if (version !== null) labels.remember(key, version, rest.label);
      return version;
    },

    async delete(key, precondition) {
      const stored = precondition.kind === 'none' ? null : ((await lookUp(key))?.version ?? null);
      if (precondition.kind !== 'none' && !allows(precondition, stored)) return false;
      if (precondition.kind === 'absent') return true;
      // Servers that ignore the condition lose a write that came after the look.
      return retry(`delete "${locate(key)}"`, () => bucket.delete(root + key, stored));
    },
  };
}
