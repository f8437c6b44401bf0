import { allows, type Bytes, type Precondition, StoreError, type Version } from '../../store.ts';
import { bodyKey, pointerKey } from './keys.ts';
import type { KnownPointers } from './known-pointers.ts';
import type { KvLike } from './kv-like.ts';
import type { OrderChanges } from './order-changes.ts';
import { encodePointer, type Pointer } from './pointer.ts';
import type { Reader } from './reader.ts';
import type { Retry } from './retry.ts';
import type { StoredPointer } from './stored-pointer.ts';
import { CHUNK_BYTES, type Upload, uploadRecordKey, uploadRecordValue } from './upload.ts';
import type { FinishedUpload, Uploads } from './uploads.ts';
import { partsOfVersion, storedVersion, versionOf } from './version.ts';

export interface WriterParts {
  readonly kv: KvLike;
  readonly retry: Retry;
  readonly reader: Reader;
  readonly uploads: Uploads;
  readonly known: KnownPointers;
  readonly order: OrderChanges;
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

/** The stored state that a change expects, with the bodies that the change leaves without a pointer. */
interface Base {
  readonly versionstamp: string | null;
  readonly upload: Upload | null;
  /** Whether a separate body may be stored. */
  readonly hasBeside: boolean;
  /** The label of the stored object, by which its entries in lists are found. Undefined where nothing is stored. */
  readonly label: string | null | undefined;
}

/** The state that a change stores in its place. */
interface Next {
  readonly pointer: Pointer | null;
  readonly beside: Uint8Array | null;
  readonly finished: FinishedUpload | null;
}

const NOTHING: Base = { versionstamp: null, upload: null, hasBeside: false, label: undefined };
const REMOVED: Next = { pointer: null, beside: null, finished: null };

export function createWriter(writer: WriterParts): Writer {
  const { kv, retry, reader, uploads, known, order, now } = writer;

  /** Returns null when the precondition does not hold. Reads only what the commit does not check. */
  async function baseOf(key: string, { body, precondition }: Write): Promise<Base | null> {
    // Before a large upload, a read checks whether the put would be refused.
    const isCheap = body.byteLength <= CHUNK_BYTES;
    if (precondition.kind === 'none') return baseOfStored(await reader.pointer(key));
    if (precondition.kind === 'absent') {
      return isCheap || (await reader.pointer(key)) === null ? NOTHING : null;
    }
    const parts = partsOfVersion(precondition.version);
    if (parts === null) return null;
    const { versionstamp, isUploaded } = parts;
    if (isCheap && !isUploaded) {
      if (!order.covers(key)) {
        return { versionstamp, upload: null, hasBeside: true, label: null };
      }
      // A caller that knows the version has read or written it, as a rule in this process.
      const read = known.at(key, versionstamp);
      if (read !== null) return baseOfStored(read);
    }
    const stored = await reader.pointer(key);
    return stored?.versionstamp === versionstamp ? baseOfStored(stored) : null;
  }

  /**
   * The point of no return of every write. One commit sets or removes the pointer and its separate body, removes the
   * record of the upload that the pointer now names, and writes a record for the upload that it named before.
   */
  async function swap(key: string, { base, next }: { base: Base; next: Next }) {
    const { pointer, beside, finished } = next;
    const objectKey = pointerKey(key);
    const outcome = await retry(`write "${key}"`, () => {
      const atomic = kv.atomic().check({ key: objectKey, versionstamp: base.versionstamp });
      if (pointer === null) atomic.delete(objectKey);
      else atomic.set(objectKey, encodePointer(pointer));
      if (beside !== null) atomic.set(bodyKey(key), beside);
      else if (base.hasBeside) atomic.delete(bodyKey(key));
      if (finished !== null) atomic.check(finished.guard).delete(finished.guard.key);
      const isUploaded = pointer?.kind === 'uploaded';
      order.apply(atomic, key, { old: base.label, next: pointer?.label, isUploaded });
      if (base.upload !== null) atomic.set(uploadRecordKey(base.upload), uploadRecordValue(now()));
      return atomic.commit();
    });
    if (!outcome.ok) return null;
    const { versionstamp } = outcome;
    if (order.covers(key) && pointer !== null) known.remember(key, { versionstamp, pointer }, null);
    return versionstamp;
  }

  /** Runs after the point of no return. An upload that cannot be removed now has its record, and is removed later. */
  async function removeUnused(upload: Upload | null): Promise<void> {
    if (upload === null) return;
    try {
      await uploads.remove(upload);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
  }

  async function putSmall(key: string, write: Write): Promise<Version | null> {
    const body = new Uint8Array(write.body);
    const next = { ...smallBody(body, write.label), finished: null };
    for (;;) {
      const base = await baseOf(key, { ...write, body });
      if (base === null) return null;
      const versionstamp = await swap(key, { base, next });
      if (versionstamp !== null) {
        await removeUnused(base.upload);
        return versionOf({ versionstamp, isUploaded: false });
      }
      if (write.precondition.kind !== 'none') return null;
    }
  }

  async function putUploaded(key: string, write: Write): Promise<Version | null> {
    if ((await baseOf(key, write)) === null) return null;
    const finished = await uploads.begin(write.body);
    const { upload } = finished;
    const pointer: Pointer = { kind: 'uploaded', label: write.label, upload };
    const next = { pointer, beside: null, finished };
    for (;;) {
      const base = await baseOf(key, write);
      const versionstamp = base === null ? null : await swap(key, { base, next });
      if (base !== null && versionstamp !== null) {
        await removeUnused(base.upload);
        return versionOf({ versionstamp, isUploaded: true });
      }
      if (!(await uploads.isGuarded(finished))) {
        throw new StoreError(`Cannot write "${key}": its upload was removed as left behind`);
      }
      if (write.precondition.kind !== 'none') {
        await removeUnused(upload);
        return null;
      }
    }
  }

  return {
    put: (key, write) =>
      write.body.byteLength <= CHUNK_BYTES ? putSmall(key, write) : putUploaded(key, write),

    async delete(key, precondition) {
      for (;;) {
        const stored = await reader.pointer(key);
        const version = stored === null ? null : storedVersion(stored);
        if (!allows(precondition, version)) return false;
        if (stored === null) return true;
        const base = baseOfStored(stored);
        if ((await swap(key, { base, next: REMOVED })) !== null) {
          await removeUnused(base.upload);
          return true;
        }
      }
    },
  };
}

function baseOfStored(stored: StoredPointer | null): Base {
  if (stored === null) return NOTHING;
  const { versionstamp, pointer } = stored;
  const upload = pointer?.kind === 'uploaded' ? pointer.upload : null;
  const label = pointer?.label ?? null;
  return { versionstamp, upload, hasBeside: mayHaveBeside(pointer), label };
}

/** An empty body needs no separate key, so a hint is one key. */
function smallBody(body: Bytes, label: string | null): Pick<Next, 'pointer' | 'beside'> {
  if (body.byteLength === 0) return { pointer: { kind: 'inline', label, body }, beside: null };
  return { pointer: { kind: 'beside', label, bodyBytes: body.byteLength }, beside: body };
}

/** An older store that overwrites an object does not remove its separate body. An empty body never has one. */
function mayHaveBeside(pointer: Pointer | null): boolean {
  return pointer?.kind !== 'inline' || pointer.body.byteLength > 0;
}
