import { LRUCache } from 'lru-cache';
import { ENTRY_BYTES, MEMORY_BOUNDS } from '../base/memory-bounds.ts';
import { ownText, textBytes } from '../base/own-text.ts';
import type { Timestamp } from '../base/timestamp.ts';

/**
 * The hint keys of waiting jobs that this process knows. The key follows from the state, unless the job was changed
 * while it waited. A forgotten key leaves a stale hint behind, and the claim that reads the hint removes it.
 */
export interface HintMemory {
  /** Records the hint of a job as of the change with this `updated_at`. */
  record(jobKey: string, updatedAt: Timestamp, hintKey: string): void;
  /** Null if no hint is known for the job as of that change. */
  recall(jobKey: string, updatedAt: Timestamp): string | null;
}

export function createHintMemory(): HintMemory {
  const hints = new LRUCache<string, { updatedAt: Timestamp; hintKey: string }>({
    maxSize: MEMORY_BOUNDS.waitingHints.bytes,
    sizeCalculation: ({ hintKey }, jobKey) => ENTRY_BYTES + textBytes(hintKey) + textBytes(jobKey),
  });
  return {
    record(jobKey, updatedAt, hintKey) {
      hints.set(ownText(jobKey), { updatedAt: ownText(updatedAt), hintKey: ownText(hintKey) });
    },
    recall(jobKey, updatedAt) {
      const known = hints.get(jobKey);
      return known?.updatedAt === updatedAt ? known.hintKey : null;
    },
  };
}
