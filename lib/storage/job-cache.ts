import { LRUCache } from 'lru-cache';
import { cacheShare, ENTRY_BYTES } from '../base/memory-bounds.ts';
import { textBytes } from '../base/own-text.ts';
import { slicesOf } from '../checkpoint/sliced-sheets.ts';
import type { Version } from '../store.ts';
import type { CorruptObject, StoredJob } from './stored-job.ts';

/** A cache of job objects by key. Each entry is valid for one version of its object. */
export interface JobCache {
  readonly jobs: LRUCache<string, StoredJob>;
  /** Jobs whose stored bytes are the answer to a load. These entries are small, so more jobs fit than in `jobs`. */
  readonly verbatim: LRUCache<string, { readonly version: Version; readonly jobId: string }>;
  /** A corrupt object may be large, and is read again and again until it is repaired. */
  readonly corrupt: LRUCache<string, CorruptObject>;
}

/** What parsed values take for each byte of their text at most, with that text. Many small values take most. */
const MEMORY_PER_BYTE = 7;
const MEMORY_PER_JOB = 4096;

/** Of a slice: its place, its status and its place in the last request. */
const MEMORY_PER_SLICE = 300;

/**
 * What a job takes at most. Sliced sheets are bytes only: what is parsed of them does not stay, and they move into each
 * whole text that is made of them.
 */
function memoryOf(job: StoredJob): number {
  const slices = slicesOf(job.state.sheets);
  if (slices === null) return job.memoryBytes;
  let bytes = 0;
  let sheetBytes = 0;
  /** The arrays that the slices are in, each counted once. */
  const sources = new Set<Uint8Array>();
  for (const { text, sent } of slices.values()) {
    sheetBytes += text.end - text.start;
    sources.add(text.source);
    if (sent !== null) sources.add(sent.source);
  }
  for (const source of sources) bytes += source.byteLength;
  const others = Math.max(0, job.textBytes - sheetBytes);
  const values = others * MEMORY_PER_BYTE + slices.size * MEMORY_PER_SLICE;
  return bytes + values + MEMORY_PER_JOB;
}

export function createJobCache(cacheBytes: number): JobCache {
  // `max` would allocate all entries at the start; `maxSize` does not.
  return {
    jobs: new LRUCache({
      maxSize: cacheShare('jobs', cacheBytes),
      sizeCalculation: memoryOf,
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
