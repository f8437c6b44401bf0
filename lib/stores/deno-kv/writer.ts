import { allows, type Precondition, StoreError, type Version } from '../../store.ts';
import type { Attempt } from './attempt.ts';
import type { KvLike } from './kv-like.ts';
import { pointerKey } from './place.ts';
import { encodePointer, type Pointer } from './pointer.ts';
import type { Reader, StoredPointer } from './reader.ts';
import { CHUNK_BYTES, markerKey, markerValue, type Upload } from './upload.ts';
import type { Finished, Uploads } from './uploads.ts';
import { stampOf, storedVersion, versionOf } from './version.ts';

export interface WriterParts {
  readonly kv: KvLike;
  readonly attempt: Attempt;
  readonly reader: Reader;
  readonly uploads: Uploads;
  readonly now: () => number;
}

export interface Writer {
  put(key: string, write: Write): Promise<Version | null>;
  delete(key: string, precondition: Precondition): Promise<boolean>;
}

export interface Write {
  readonly body: Uint8Array;
  readonly precondition: Precondition;
  readonly label: string | null;
}

/** What a change expects to find, and the upload that it leaves without a pointer. */
interface Base {
  readonly versionstamp: string | null;
  readonly upload: Upload | null;
}

const NOTHING: Base = { versionstamp: null, upload: null };

export function createWriter({ kv, attempt, reader, uploads, now }: WriterParts): Writer {
  /** Null where the precondition does not hold. Asks the medium only for what the commit does not. */
  async function baseOf(key: string, { body, precondition }: Write): Promise<Base | null> {
    // A large body is not uploaded in vain where a look tells that it would be.
    const isCheap = body.byteLength <= CHUNK_BYTES;
    if (precondition.kind === 'none') return baseOfStored(await reader.pointer(key));
    if (precondition.kind === 'absent') {
      return isCheap || (await reader.pointer(key)) === null ? NOTHING : null;
    }
    const stamp = stampOf(precondition.version);
    if (stamp === null) return null;
    const { versionstamp, kind } = stamp;
    if (isCheap && kind === 'inline') return { versionstamp, upload: null };
    const stored = await reader.pointer(key);
    return stored?.versionstamp === versionstamp ? baseOfStored(stored) : null;
  }

  /**
   * The point of no return of every write: one commit sets the pointer or removes it, takes the marker
   * from the upload that it names and puts one on the upload that it named.
   */
  async function swap(
    key: string,
    { base, pointer, finished }: { base: Base; pointer: Pointer | null; finished: Finished | null },
  ): Promise<string | null> {
    const pointerPlace = pointerKey(key);
    const outcome = await attempt(`write "${key}"`, () => {
      const atomic = kv.atomic().check({ key: pointerPlace, versionstamp: base.versionstamp });
      if (pointer === null) atomic.delete(pointerPlace);
      else atomic.set(pointerPlace, encodePointer(pointer));
      if (finished !== null) atomic.check(finished.guard).delete(finished.guard.key);
      if (base.upload !== null) atomic.set(markerKey(base.upload), markerValue(now()));
      return atomic.commit();
    });
    return outcome.ok ? outcome.versionstamp : null;
  }

  /** After the point of no return. What cannot be removed now is marked, and removed later. */
  async function tidy(upload: Upload | null): Promise<void> {
    if (upload === null) return;
    try {
      await uploads.remove(upload);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
  }

  async function putInline(key: string, write: Write): Promise<Version | null> {
    const body = new Uint8Array(write.body);
    const pointer: Pointer = { kind: 'inline', label: write.label, body };
    for (;;) {
      const base = await baseOf(key, { ...write, body });
      if (base === null) return null;
      const versionstamp = await swap(key, { base, pointer, finished: null });
      if (versionstamp !== null) {
        await tidy(base.upload);
        return versionOf({ versionstamp, kind: 'inline' });
      }
      if (write.precondition.kind !== 'none') return null;
    }
  }

  async function putUploaded(key: string, write: Write): Promise<Version | null> {
    if ((await baseOf(key, write)) === null) return null;
    const finished = await uploads.begin(write.body);
    const { upload } = finished;
    const pointer: Pointer = { kind: 'uploaded', label: write.label, upload };
    for (;;) {
      const base = await baseOf(key, write);
      const versionstamp = base === null ? null : await swap(key, { base, pointer, finished });
      if (base !== null && versionstamp !== null) {
        await tidy(base.upload);
        return versionOf({ versionstamp, kind: 'uploaded' });
      }
      if (!(await uploads.isGuarded(finished))) {
        throw new StoreError(`Cannot write "${key}": its upload was taken for one left behind`);
      }
      if (write.precondition.kind !== 'none') {
        await tidy(upload);
        return null;
      }
    }
  }

  return {
    put: (key, write) =>
      write.body.byteLength <= CHUNK_BYTES ? putInline(key, write) : putUploaded(key, write),

    async delete(key, precondition) {
      for (;;) {
        const stored = await reader.pointer(key);
        const version = stored === null ? null : storedVersion(stored);
        if (!allows(precondition, version)) return false;
        if (stored === null) return true;
        const base = baseOfStored(stored);
        if ((await swap(key, { base, pointer: null, finished: null })) !== null) {
          await tidy(base.upload);
          return true;
        }
      }
    },
  };
}

function baseOfStored(stored: StoredPointer | null): Base {
  if (stored === null) return NOTHING;
  const { versionstamp, pointer } = stored;
  return { versionstamp, upload: pointer?.kind === 'uploaded' ? pointer.upload : null };
}
