import { type Bytes, type StoredObject, StoreError } from '../../store.ts';
import { bodyKey, pointerKey } from './keys.ts';
import type { KnownPointers } from './known-pointers.ts';
import type { KvLike } from './kv-like.ts';
import { createPointerReads, KEYS_PER_READ } from './pointer-reads.ts';
import type { Retry } from './retry.ts';
import { type StoredPointer, storedPointer } from './stored-pointer.ts';
import { CHUNK_BYTES, chunkKeys, type Upload } from './upload.ts';
import { storedVersion } from './version.ts';

export interface Reader {
  pointer(key: string): Promise<StoredPointer | null>;
  object(key: string): Promise<StoredObject | null>;
}

export interface ReaderParts {
  readonly retry: Retry;
  readonly known: KnownPointers;
  readonly isLocal: boolean;
}

export function createReader(kv: KvLike, { retry, known, isLocal }: ReaderParts): Reader {
  const pointer = createPointerReads({ kv, retry, known, isLocal });

  /** The pointer and its separate body, read at the same moment. */
  async function pointerAndBody(key: string) {
    const keys = [pointerKey(key), bodyKey(key)];
    const count = known.count();
    const [entry, body] = await retry(`read "${key}"`, () => kv.getMany(keys));
    if (entry === undefined || entry.versionstamp === null) return null;
    const stored = storedPointer(entry);
    known.remember(key, stored, count);
    return { ...stored, beside: body?.value };
  }

  /** Null when chunks are missing. */
  async function uploadedBody(key: string, upload: Upload): Promise<Bytes | null> {
    const keys = chunkKeys(upload);
    const body = new Uint8Array(upload.bodyBytes);
    for (let first = 0; first < keys.length; first += KEYS_PER_READ) {
      const wanted = keys.slice(first, first + KEYS_PER_READ);
      const chunks = await retry(`read "${key}"`, () => kv.getMany(wanted));
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
        // Chunks are removed only after the pointer has changed. If it has not, more reads would not help.
        if (missing === versionstamp) {
          throw new StoreError(`Cannot read "${key}": chunks of its body are missing`);
        }
        missing = versionstamp;
      }
    },
  };
}

/** One commit writes the pointer and the body, and they were read at one moment. So a missing body is lost. */
function bodyBeside(
  key: string,
  { found, beside }: { found: { readonly bodyBytes: number }; beside: unknown },
): Bytes {
  if (beside instanceof Uint8Array && beside.byteLength === found.bodyBytes) {
    // A copy: a medium may return a view of a larger buffer.
    return new Uint8Array(beside);
  }
  throw new StoreError(`Cannot read "${key}": its body is missing`);
}
