import { StoreError } from '../../store.ts';
import type { KvAtomic, KvCheck, KvLike } from './kv-like.ts';
import type { RandomLike, Retry } from './retry.ts';
import {
  CHUNK_BYTES,
  chunkKeys,
  type Upload,
  uploadRecordKey,
  uploadRecordValue,
} from './upload.ts';

/** An upload whose chunks are all stored and that no pointer names yet. */
export interface FinishedUpload {
  readonly upload: Upload;
  /** Holds until a cleaner claims the upload as left behind. */
  readonly guard: KvCheck;
}

export interface Uploads {
  begin(body: Uint8Array): Promise<FinishedUpload>;
  /** Whether a pointer may still name the upload. */
  isGuarded(finished: FinishedUpload): Promise<boolean>;
  remove(upload: Upload): Promise<void>;
}

interface UploadParts {
  readonly kv: KvLike;
  readonly retry: Retry;
  readonly random: RandomLike;
  readonly now: () => number;
}

/** 720 KiB. A commit takes 800 KiB. */
const CHUNKS_PER_COMMIT = 12;
/** Half the limit of a commit. */
const DELETES_PER_COMMIT = 500;

/**
 * An upload has its own keys. Its upload record exists from before the first chunk until a pointer names it: one
 * commit sets the pointer and removes the record. So a writer that dies before that leaves the record.
 */
export function createUploads({ kv, retry, random, now }: UploadParts): Uploads {
  async function commit(atomic: () => KvAtomic): Promise<string> {
    const outcome = await retry('upload a body', () => atomic().commit());
    if (!outcome.ok) throw new StoreError('Cannot upload a body: its upload was removed');
    return outcome.versionstamp;
  }

  return {
    async begin(body) {
      const upload: Upload = { id: random.id(), bodyBytes: body.byteLength };
      const key = uploadRecordKey(upload);
      const keys = chunkKeys(upload);
      const versionstamp = await commit(() =>
        kv
          .atomic()
          .check({ key, versionstamp: null }, { key: keys[0] ?? key, versionstamp: null })
          .set(key, uploadRecordValue(now())),
      );
      const guard: KvCheck = { key, versionstamp };
      for (let first = 0; first < keys.length; first += CHUNKS_PER_COMMIT) {
        await commit(() => {
          const atomic = kv.atomic().check(guard);
          for (const [index, chunkKey] of keys.slice(first, first + CHUNKS_PER_COMMIT).entries()) {
            const start = (first + index) * CHUNK_BYTES;
            // A copy: Deno and `@deno/kv` read the bytes after the call.
            atomic.set(chunkKey, new Uint8Array(body.subarray(start, start + CHUNK_BYTES)));
          }
          return atomic;
        });
      }
      return { upload, guard };
    },

    async isGuarded({ guard }) {
      const record = await retry('look up an upload', () => kv.get(guard.key));
      return record.versionstamp === guard.versionstamp;
    },

    remove: upload => removeUpload(kv, { retry, upload }),
  };
}

/** Removes the chunks, then the upload record. A process that dies before the end leaves the record. */
export async function removeUpload(
  kv: KvLike,
  { retry, upload }: { readonly retry: Retry; readonly upload: Upload },
): Promise<void> {
  const keys = [...chunkKeys(upload), uploadRecordKey(upload)];
  for (let first = 0; first < keys.length; first += DELETES_PER_COMMIT) {
    await retry('remove an upload', () => {
      const atomic = kv.atomic();
      for (const key of keys.slice(first, first + DELETES_PER_COMMIT)) atomic.delete(key);
      return atomic.commit();
    });
  }
}
