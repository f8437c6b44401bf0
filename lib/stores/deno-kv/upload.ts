import type { Bytes } from '../../store.ts';
import type { KvKey, KvStoredKey } from './kv-like.ts';

/** A body that is too large for one value: its chunks have keys that no other upload uses. */
export interface Upload {
  readonly id: string;
  readonly bodyBytes: number;
}

/** The largest body in one value, and the size of each chunk of a larger body. Stored data depends on it. */
export const CHUNK_BYTES = 60 * 1_024;

const CHUNKS = 'c';
const UPLOAD_RECORDS = 'u';
const UPLOAD_TEXT = /^([0-9a-z]+)\.([1-9][0-9]{0,10})$/;

export function uploadText({ id, bodyBytes }: Upload): string {
  return `${id}.${bodyBytes}`;
}

export function uploadFromText(text: string): Upload | null {
  const [, id, bodyBytes] = UPLOAD_TEXT.exec(text) ?? [];
  return id === undefined ? null : { id, bodyBytes: Number(bodyBytes) };
}

/** The keys of its chunks, in order. */
export function chunkKeys(upload: Upload): KvKey[] {
  const count = Math.ceil(upload.bodyBytes / CHUNK_BYTES);
  return Array.from({ length: count }, (_, index) => [CHUNKS, upload.id, index]);
}

/** The prefix of upload records. An upload record says that no pointer names the upload, and since when. */
export const UPLOAD_RECORDS_KEY: KvKey = [UPLOAD_RECORDS];

export function uploadRecordKey(upload: Upload): KvKey {
  return [...UPLOAD_RECORDS_KEY, uploadText(upload)];
}

export function uploadOfRecord(key: KvStoredKey): Upload | null {
  const text = key.at(-1);
  return typeof text === 'string' ? uploadFromText(text) : null;
}

export function uploadRecordValue(at: number): Bytes {
  return new TextEncoder().encode(String(at));
}

/** Milliseconds since 1970; NaN when the value is not an upload record. */
export function recordedAt(value: unknown): number {
  return value instanceof Uint8Array ? Number(new TextDecoder().decode(value)) : Number.NaN;
}
