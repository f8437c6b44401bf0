import { LRUCache } from 'lru-cache';
import { ENTRY_BYTES, MEMORY_BOUNDS } from '../base/memory-bounds.ts';
import { ownText, textBytes } from '../base/own-text.ts';
import type { Timestamp } from '../base/timestamp.ts';

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

export function createHintMemory(): HintMemory {
  const hints = new LRUCache<string, { updatedAt: Timestamp; hintKey: string }>({
    maxSize: MEMORY_BOUNDS.waitingHints.bytes,
    sizeCalculation: ({ hintKey }, jobKey) => ENTRY_BYTES + textBytes(hintKey) + textBytes(jobKey),
  });
  return {
    saw(jobKey, updatedAt, hintKey) {
      hints.set(ownText(jobKey), { updatedAt: ownText(updatedAt), hintKey: ownText(hintKey) });
    },
    recall(jobKey, updatedAt) {
      const known = hints.get(jobKey);
      return known?.updatedAt === updatedAt ? known.hintKey : null;
    },
  };
}
