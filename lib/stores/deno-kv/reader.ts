import { type Bytes, type StoredObject, StoreError } from '../../store.ts';
import type { Attempt } from './attempt.ts';
import type { KvEntry, KvLike } from './kv-like.ts';
import { pointerKey } from './place.ts';
import { decodePointer, type Pointer } from './pointer.ts';
import { CHUNK_BYTES, chunkKeys, type Upload } from './upload.ts';
import { versionOf } from './version.ts';

export interface StoredPointer {
  readonly versionstamp: string;
  /** Null where it is not one that a store of this kind has written. */
  readonly pointer: Pointer | null;
}

export interface Reader {
  pointer(key: string): Promise<StoredPointer | null>;
  object(key: string): Promise<StoredObject | null>;
}

const KEYS_PER_READ = 10;

export function createReader(kv: KvLike, attempt: Attempt): Reader {
  async function pointer(key: string): Promise<StoredPointer | null> {
    const entry = await attempt(`read "${key}"`, () => kv.get(pointerKey(key)));
    return entry.versionstamp === null ? null : storedPointer(entry);
  }

  /** Null where the upload is not whole, or not there any more. */
  async function bodyOf(key: string, upload: Upload): Promise<Bytes | null> {
    const keys = chunkKeys(upload);
    const body = new Uint8Array(upload.bodyBytes);
    for (let first = 0; first < keys.length; first += KEYS_PER_READ) {
      const wanted = keys.slice(first, first + KEYS_PER_READ);
      const chunks = await attempt(`read "${key}"`, () => kv.getMany(wanted));
      for (const [index, { value }] of chunks.entries()) {
        const start = (first + index) * CHUNK_BYTES;
        const wantedBytes = Math.min(CHUNK_BYTES, upload.bodyBytes - start);
        if (!(value instanceof Uint8Array) || value.byteLength !== wantedBytes) return null;
        body.set(value, start);
      }
    }
    return body;
  }

  return {
    pointer,

    async object(key) {
      let missing: string | null = null;
      for (;;) {
        const stored = await pointer(key);
        if (stored === null) return null;
        const { versionstamp, pointer: found } = stored;
        if (found === null) throw new StoreError(`Cannot read "${key}": the value is no object`);
        const version = versionOf({ versionstamp, kind: found.kind });
        if (found.kind === 'inline') return { body: found.body, version };
        const body = await bodyOf(key, found.upload);
        if (body !== null) return { body, version };
        // Chunks go only after the pointer has moved. Where it has not, waiting for it would be for ever.
        if (missing === versionstamp) {
          throw new StoreError(`Cannot read "${key}": chunks of its body are missing`);
        }
        missing = versionstamp;
      }
    },
  };
}

export function storedPointer({ versionstamp, value }: KvEntry): StoredPointer {
  return { versionstamp, pointer: decodePointer(value) };
}
