import {
  allows,
  type Body,
  type Precondition,
  replacedVersion,
  StoreError,
  type Version,
} from '../../store.ts';
import { joined } from '../parts.ts';
import type { Fault } from './fault.ts';
import { type Metadata, readMetadata, type WithMetadata, writeMetadata } from './metadata.ts';
import type { Retry } from './retry.ts';

export interface Write {
  readonly key: string;
  readonly body: Body;
  readonly precondition: Precondition;
  readonly label: string | null;
}

/** Puts an object. Resolves with null when the precondition refused. */
export type Writer = (attempt: string, write: Write) => Promise<Version | null>;

/** What the writer asks of a bucket. */
export interface WritableBucket {
  head(key: string): Promise<WrittenObject | null>;
  /** Null when `onlyIf` refused. */
  put(key: string, body: Uint8Array, options: ConditionalPut): Promise<WrittenObject | null>;
}

export interface WrittenObject extends WithMetadata {
  readonly etag: string;
}

export interface ConditionalPut {
  onlyIf?: { etagMatches?: string; etagDoesNotMatch?: string };
  customMetadata?: Record<string, string>;
}

export function createWriter({
  bucket,
  retry,
  faultOf,
  hasLostRace,
  isEtag,
  mayRepeat = false,
}: {
  readonly bucket: WritableBucket;
  readonly retry: Retry;
  readonly faultOf: (error: unknown) => Fault;
  /** Whether a server answers with this error where another write came first: a look then shows whether that is so. */
  readonly hasLostRace?: (error: unknown) => boolean;
  /** Whether an object may have this version. */
  readonly isEtag: (version: Version) => boolean;
  /** Whether something between here and the bucket may send a put again by itself, so that a refusal may be one of the repetition. */
  readonly mayRepeat?: boolean;
}): Writer {
  /**
   * A refusal after a try without an answer may come from that try itself. The metadata of the stored object shows:
   * it has the id of this put, so this put was done; or it has the id of another put which replaced the same etag, so
   * this put was not done. Otherwise the result is unknown, and this rejects. (One case is not detected: the
   * lost try created the object, it was deleted, and another put created it again, all during the retries.)
   */
  async function settle(
    { attempt, unclear }: { readonly attempt: string; readonly unclear: boolean },
    key: string,
    own: Metadata,
  ): Promise<Version | null> {
    const stored = await bucket.head(key);
    const metadata = stored === null ? null : readMetadata(stored);
    if (stored !== null && metadata?.write === own.write) return stored.etag as Version;
    if (!unclear || (metadata !== null && metadata.over === own.over)) return null;
    throw new StoreError(
      `Cannot ${attempt}: a try got no answer, and the stored object does not show whether it succeeded`,
    );
  }

  return async (attempt, { key, body, precondition, label }) => {
    if (precondition.kind === 'version' && !isEtag(precondition.version)) return null;
    const metadata: Metadata = {
      label,
      write: crypto.randomUUID(),
      over: replacedVersion(precondition),
    };
    const options: ConditionalPut = {
      ...conditionOf(precondition),
      customMetadata: writeMetadata(metadata),
    };
    const bytes = joined(body);
    let unclear = false;

    return retry(attempt, async () => {
      try {
        const stored = await bucket.put(key, bytes, options);
        if (stored !== null) return stored.etag as Version;
      } catch (error) {
        const isOwnRace = !unclear && hasLostRace?.(error) === true;
        if (faultOf(error) === 'unclear') unclear = true;
        if (!isOwnRace) throw error;
        const stored = await bucket.head(key);
        if (stored !== null && readMetadata(stored).write === metadata.write) {
          return stored.etag as Version;
        }
        if (allows(precondition, (stored?.etag ?? null) as Version | null)) throw error;
        return null;
      }
      return unclear || mayRepeat ? settle({ attempt, unclear }, key, metadata) : null;
    });
  };
}

function conditionOf(precondition: Precondition): Pick<ConditionalPut, 'onlyIf'> {
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
