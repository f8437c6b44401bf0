import type { Bytes } from '../../store.ts';
import type { KvKey, KvStoredKey } from './kv-like.ts';

/** A body too large for one value: its chunks, under keys that no other upload ever has. */
export interface Upload {
  readonly id: string;
  readonly bodyBytes: number;
}

/** The largest body in one value, and of a larger one each part. What is stored rests on it: it stays. */
export const CHUNK_BYTES = 60 * 1_024;

const CHUNKS = 'c';
const MARKERS = 'u';
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

/** Where every marker is: a marker says that no pointer names the upload, and since when. */
export const MARKERS_KEY: KvKey = [MARKERS];

export function markerKey(upload: Upload): KvKey {
  return [...MARKERS_KEY, uploadText(upload)];
}

export function uploadOfMarker(key: KvStoredKey): Upload | null {
  const text = key.at(-1);
  return typeof text === 'string' ? uploadFromText(text) : null;
}

export function markerValue(at: number): Bytes {
  return new TextEncoder().encode(String(at));
}

/** Milliseconds since 1970; NaN where this is no marker. */
export function markedAt(value: unknown): number {
  return value instanceof Uint8Array ? Number(new TextDecoder().decode(value)) : Number.NaN;
}
