import type { KvEntry } from './kv-like.ts';
import { decodePointer, type Pointer } from './pointer.ts';

export interface StoredPointer {
  readonly versionstamp: string;
  /** Null when no store of this kind has written it. */
  readonly pointer: Pointer | null;
}

export function storedPointer({ versionstamp, value }: KvEntry): StoredPointer {
  return { versionstamp, pointer: decodePointer(value) };
}
