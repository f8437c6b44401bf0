import type { KvKey } from '../stores/deno-kv/kv-like.ts';
import { keyBytes } from './key-bytes.ts';

/** What `@deno/kv` takes; Deno's own takes 100 checks, and a byte less of a key that is read. */
export const MAX_KEYS_PER_READ = 10;
export const MAX_CHECKS = 10;
export const MAX_MUTATIONS = 1_000;
export const MAX_BATCH = 1_000;
const MAX_WRITTEN_KEY_BYTES = 2_048;
const MAX_READ_KEY_BYTES = 2_049;
const MAX_VALUE_BYTES = 65_536;
const MAX_COMMIT_BYTES = 819_200;

export function requireAtMost(most: number, count: number, things: string): void {
  if (count > most) throw new TypeError(`Too many ${things} (max ${most})`);
}

export function requireNotEmpty(key: KvKey): void {
  if (key.length === 0) throw new TypeError('key cannot be empty');
}

export function requireReadable(key: KvKey): void {
  requireNotEmpty(key);
  requireReadableBytes(keyBytes(key));
}

export function requireReadableBytes(bytes: string): void {
  if (bytes.length <= MAX_READ_KEY_BYTES) return;
  throw new TypeError(`Key too large for read (max ${MAX_READ_KEY_BYTES} bytes)`);
}

export function requireWritable(bytes: string): void {
  if (bytes.length <= MAX_WRITTEN_KEY_BYTES) return;
  throw new TypeError(`Key too large for write (max ${MAX_WRITTEN_KEY_BYTES} bytes)`);
}

export function requireValueSize(bytes: number): void {
  if (bytes <= MAX_VALUE_BYTES) return;
  throw new TypeError(`Value too large (max ${MAX_VALUE_BYTES} bytes)`);
}

export function requireCommitSize(bytes: number): void {
  if (bytes <= MAX_COMMIT_BYTES) return;
  throw new TypeError(`Total mutation size too large (max ${MAX_COMMIT_BYTES} bytes)`);
}
