import { type Precondition, StoreError, type Version } from '../../store.ts';
import type { Retry } from '../binding/retry.ts';
import type { R2BucketLike, R2PutLike } from './bucket.ts';
import { faultOf } from './fault.ts';
import { type Mark, markOf, metadataOf, overOf } from './metadata.ts';

export interface Write {
  readonly key: string;
  readonly body: Uint8Array;
  readonly precondition: Precondition;
  readonly label: string | null;
}

/** Puts an object; null when the precondition refused. */
export type Writer = (attempt: string, write: Write) => Promise<Version | null>;

// To R2 a star is every etag, and a quoted one an error: neither is a version of any object.
const ETAG = /^[\w-]+$/;

export function createWriter({
  bucket,
  retry,
}: {
  readonly bucket: R2BucketLike;
  readonly retry: Retry;
}): Writer {
  /**
   * A refusal that follows a try without an answer may be the work of that try. The stored object tells:
   * it bears the name of this very put; or that of another one which replaced what this one was to replace,
   * so that this one did not. Else nothing is known, and this says so. (What it cannot see: an object that the
   * lost try created, that was deleted, and that another put created anew, all while this one tried again.)
   */
  async function settle(attempt: string, key: string, own: Mark): Promise<Version | null> {
    const stored = await bucket.head(key);
    const mark = stored === null ? null : markOf(stored);
    if (stored !== null && mark?.write === own.write) return stored.etag as Version;
    if (mark !== null && mark.over === own.over) return null;
    throw new StoreError(
      `Cannot ${attempt}: a try got no answer, and what is stored now does not tell what became of it`,
    );
  }

  return async (attempt, { key, body, precondition, label }) => {
    if (precondition.kind === 'version' && !ETAG.test(precondition.version)) return null;
    const mark: Mark = { label, write: crypto.randomUUID(), over: overOf(precondition) };
    const options: R2PutLike = {
      ...conditionOf(precondition),
      customMetadata: metadataOf(mark),
    };
    let unclear = false;

    return retry(attempt, async () => {
      const stored = await noting(() => bucket.put(key, body, options));
      if (stored !== null) return stored.etag as Version;
      return unclear ? settle(attempt, key, mark) : null;
    });

    async function noting<T>(putting: () => Promise<T>): Promise<T> {
      try {
        return await putting();
      } catch (error) {
        if (faultOf(error) === 'unclear') unclear = true;
        throw error;
      }
    }
  };
}

function conditionOf(precondition: Precondition): Pick<R2PutLike, 'onlyIf'> {
  switch (precondition.kind) {
    case 'none':
      return {};
    case 'absent':
      return { onlyIf: { etagDoesNotMatch: '*' } };
    case 'version':
      return { onlyIf: { etagMatches: precondition.version } };
    default:
      return precondition satisfies never;
  }
}
