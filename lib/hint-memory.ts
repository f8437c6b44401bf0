import { LRUCache } from 'lru-cache';
import type { Timestamp } from './timestamp.ts';

/**
 * The keys of the hints of waiting jobs, as far as this process knows them. A state tells the key of its hint
 * unless the job was changed while it waited, so what is forgotten leaves a stale hint behind, which the claim
 * that comes by it removes.
 */
export interface HintMemory {
  /** The hint of the job is this one since the change of that time. */
  saw(jobKey: string, updatedAt: Timestamp, hintKey: string): void;
  /** Null where none is known of the job as it was left by that change. */
  recall(jobKey: string, updatedAt: Timestamp): string | null;
}

const MAX_BYTES = 4 * 1024 * 1024;
/** What an entry takes besides its texts. */
const BYTES_PER_ENTRY = 200;

export function createHintMemory(): HintMemory {
  const hints = new LRUCache<string, { updatedAt: Timestamp; hintKey: string }>({
    maxSize: MAX_BYTES,
    sizeCalculation: ({ hintKey }, jobKey) =>
      BYTES_PER_ENTRY + 2 * (hintKey.length + jobKey.length),
  });
  return {
    saw(jobKey, updatedAt, hintKey) {
      hints.set(jobKey, { updatedAt, hintKey });
    },
    recall(jobKey, updatedAt) {
      const known = hints.get(jobKey);
      return known?.updatedAt === updatedAt ? known.hintKey : null;
    },
  };
}
