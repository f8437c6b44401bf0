import { type Bytes, type StoredObject, StoreError } from '../../store.ts';
import { bodyKey, pointerKey } from './keys.ts';
import type { KvEntry, KvLike } from './kv-like.ts';
import { decodePointer, type Pointer } from './pointer.ts';
import type { Attempt } from './retry.ts';
import { CHUNK_BYTES, chunkKeys, type Upload } from './upload.ts';
import { storedVersion } from './version.ts';

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

  /** The pointer, and what is stored beside it at the same moment. */
  async function pointerAndBody(key: string) {
    const keys = [pointerKey(key), bodyKey(key)];
    const [entry, body] = await attempt(`read "${key}"`, () => kv.getMany(keys));
    if (entry === undefined || entry.versionstamp === null) return null;
    return { ...storedPointer(entry), beside: body?.value };
  }

  /** Null where the upload is not whole, or not there any more. */
  async function uploadedBody(key: string, upload: Upload): Promise<Bytes | null> {
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
        const stored = await pointerAndBody(key);
        if (stored === null) return null;
        const { versionstamp, pointer: found, beside } = stored;
        if (found === null) throw new StoreError(`Cannot read "${key}": the value is no object`);
        const version = storedVersion(stored);
        if (found.kind === 'inline') return { body: found.body, version };
        if (found.kind === 'beside') return { body: bodyBeside(key, { found, beside }), version };
        const body = await uploadedBody(key, found.upload);
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

/** Pointer and body are written by one commit and were read at one moment: both are there, or one was lost. */
function bodyBeside(
  key: string,
  { found, beside }: { found: { readonly bodyBytes: number }; beside: unknown },
): Bytes {
  if (beside instanceof Uint8Array && beside.byteLength === found.bodyBytes) {
    // A copy: a medium may have handed out a view of something larger.
    return new Uint8Array(beside);
  }
  throw new StoreError(`Cannot read "${key}": its body is missing`);
}

export function storedPointer({ versionstamp, value }: KvEntry): StoredPointer {
  return { versionstamp, pointer: decodePointer(value) };
}
