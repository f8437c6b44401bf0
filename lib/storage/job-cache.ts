import { LRUCache } from 'lru-cache';
import { cacheShare, ENTRY_BYTES } from '../base/memory-bounds.ts';
import { textBytes } from '../base/own-text.ts';
import type { Version } from '../store.ts';
import type { CorruptObject, StoredJob } from './stored-job.ts';

/** What is remembered of objects that were read, by key. It holds for one version of an object each. */
export interface JobCache {
  readonly jobs: LRUCache<string, StoredJob>;
  /** Of these jobs the stored bytes are the answer: remembered of more than have room as a whole. */
  readonly verbatim: LRUCache<string, { readonly version: Version; readonly jobId: string }>;
  /** A corrupt object may be large, and is met again and again until somebody mends it. */
  readonly corrupt: LRUCache<string, CorruptObject>;
}

/**
 * The most that a decoded state takes for each byte of its text: the text itself, the bytes of its sheets, the
 * text that is shown while the job is held, and the values, which take most where they are many and small.
 */
const MEMORY_PER_BYTE = 8;
const MEMORY_PER_JOB = 4096;

export function createJobCache(cacheBytes: number): JobCache {
  // By `maxSize`: `max` would set room aside for all of them at the start.
  return {
    jobs: new LRUCache({
      maxSize: cacheShare('jobs', cacheBytes),
      sizeCalculation: job => job.text.byteLength * MEMORY_PER_BYTE + MEMORY_PER_JOB,
    }),
    verbatim: new LRUCache({
      maxSize: cacheShare('verbatim', cacheBytes),
      sizeCalculation: ({ version, jobId }, key) =>
        ENTRY_BYTES + textBytes(version) + textBytes(jobId) + textBytes(key),
    }),
    corrupt: new LRUCache({
      maxSize: cacheShare('corrupt', cacheBytes),
      sizeCalculation: ({ version, detail }, key) =>
        ENTRY_BYTES + textBytes(version) + textBytes(detail) + textBytes(key),
    }),
  };
}
