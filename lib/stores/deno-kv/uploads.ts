import { StoreError } from '../../store.ts';
import type { KvAtomic, KvCheck, KvLike } from './kv-like.ts';
import type { Attempt, Chance } from './retry.ts';
import { CHUNK_BYTES, chunkKeys, markerKey, markerValue, type Upload } from './upload.ts';

/** Chunks that are stored and that no pointer names yet. */
export interface Finished {
  readonly upload: Upload;
  /** Holds as long as nobody has taken the upload for one that was left behind. */
  readonly guard: KvCheck;
}

export interface Uploads {
  begin(body: Uint8Array): Promise<Finished>;
  /** Whether the upload is still there to be named by a pointer. */
  isGuarded(finished: Finished): Promise<boolean>;
  remove(upload: Upload): Promise<void>;
}

interface UploadParts {
  readonly kv: KvLike;
  readonly attempt: Attempt;
  readonly chance: Chance;
  readonly now: () => number;
}

/** 720 KiB, where a commit takes 800. */
const CHUNKS_PER_COMMIT = 12;
/** Half of what a commit takes. */
const DELETES_PER_COMMIT = 500;

/**
 * Uploads are written under keys of their own, marked from before the first chunk until a pointer names
 * them; the pointer is set and the marker removed by one commit. So whoever dies on the way leaves a marker.
 */
export function createUploads({ kv, attempt, chance, now }: UploadParts): Uploads {
  async function commit(atomic: () => KvAtomic): Promise<string> {
    const outcome = await attempt('upload a body', () => atomic().commit());
    if (!outcome.ok) throw new StoreError('Cannot upload a body: its upload was taken away');
    return outcome.versionstamp;
  }

  return {
    async begin(body) {
      const upload: Upload = { id: chance.id(), bodyBytes: body.byteLength };
      const key = markerKey(upload);
      const keys = chunkKeys(upload);
      const marked = await commit(() =>
        kv
          .atomic()
          .check({ key, versionstamp: null }, { key: keys[0] ?? key, versionstamp: null })
          .set(key, markerValue(now())),
      );
      const guard: KvCheck = { key, versionstamp: marked };
      for (let first = 0; first < keys.length; first += CHUNKS_PER_COMMIT) {
        await commit(() => {
          const atomic = kv.atomic().check(guard);
          for (const [index, chunkKey] of keys.slice(first, first + CHUNKS_PER_COMMIT).entries()) {
            const start = (first + index) * CHUNK_BYTES;
            // A copy: Deno and `@deno/kv` read the bytes later than at the call.
            atomic.set(chunkKey, new Uint8Array(body.subarray(start, start + CHUNK_BYTES)));
          }
          return atomic;
        });
      }
      return { upload, guard };
    },

    async isGuarded({ guard }) {
      const marker = await attempt('look up an upload', () => kv.get(guard.key));
      return marker.versionstamp === guard.versionstamp;
    },

    remove: upload => removeUpload(kv, { attempt, upload }),
  };
}

/** Removes the chunks, then the marker: who dies on the way leaves the marker. */
export async function removeUpload(
  kv: KvLike,
  { attempt, upload }: { readonly attempt: Attempt; readonly upload: Upload },
): Promise<void> {
  const keys = [...chunkKeys(upload), markerKey(upload)];
  for (let first = 0; first < keys.length; first += DELETES_PER_COMMIT) {
    await attempt('remove an upload', () => {
      const atomic = kv.atomic();
      for (const key of keys.slice(first, first + DELETES_PER_COMMIT)) atomic.delete(key);
      return atomic.commit();
    });
  }
}
