import { LRUCache } from 'lru-cache';
import type { Version } from './store.ts';
import type { CorruptObject, StoredJob } from './stored-job.ts';

/** What is remembered of objects that were read, by key. It holds for one version of an object each. */
export interface JobCache {
  readonly jobs: LRUCache<string, StoredJob>;
  /** Of these jobs the stored bytes are the answer: remembered of more than have room as a whole. */
  readonly verbatim: LRUCache<string, { readonly version: Version; readonly jobId: string }>;
  /** A corrupt object may be large, and is met again and again until somebody mends it. */
  readonly corrupt: LRUCache<string, CorruptObject>;
}

/** Rough memory of a decoded state for each byte of its text, the text included. */
const MEMORY_PER_BYTE = 6;
const MEMORY_PER_JOB = 2048;
const MAX_VERBATIM = 200_000;
const MAX_CORRUPT = 10_000;

export function createJobCache(cacheBytes: number): JobCache {
  return {
    jobs: new LRUCache({
      maxSize: cacheBytes,
      sizeCalculation: job => job.text.byteLength * MEMORY_PER_BYTE + MEMORY_PER_JOB,
    }),
    // By `maxSize`: `max` would set room aside for all of them at the start.
    verbatim: new LRUCache({ maxSize: MAX_VERBATIM, sizeCalculation: () => 1 }),
    corrupt: new LRUCache({ maxSize: MAX_CORRUPT, sizeCalculation: () => 1 }),
  };
}
