import { LRUCache } from 'lru-cache';
import { cacheShare, ENTRY_BYTES } from '../base/memory-bounds.ts';
import { textBytes } from '../base/own-text.ts';
import { slicesOf } from '../checkpoint/sliced-sheets.ts';
import type { Version } from '../store.ts';
import type { CorruptObject, StoredJob } from './stored-job.ts';

/** A cache of job objects by key. Each entry is valid for one version of its object. */
export interface JobCache {
  readonly jobs: LRUCache<string, StoredJob>;
  /**
   * Versions whose stored bytes are those that their state is written as: they were checked. These entries are small, so
   * more jobs fit than in `jobs`.
   */
  readonly checked: LRUCache<string, CheckedText>;
  /** A corrupt object may be large, and is read again and again until it is repaired. */
  readonly corrupt: LRUCache<string, CorruptObject>;
}

export interface CheckedText {
  readonly version: Version;
  readonly jobId: string;
  /** Whether the stored bytes are the answer to a load: not those of a leased job. */
  readonly isAnswer: boolean;
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
    checked: new LRUCache({
      maxSize: cacheShare('checked', cacheBytes),
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
