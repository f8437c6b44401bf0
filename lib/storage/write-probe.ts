import type { Clock } from '../base/clock.ts';
import { type ObjectStore, StoreError, UNCONDITIONAL } from '../store.ts';

/** The result of the last test write. Plain data, so that the requests of a process can share it. */
export interface WriteProbeRecord {
  /** When it started, in milliseconds since 1970; null if there was none. */
  begunAtMs: number | null;
  /** Why it failed; null if it succeeded. */
  fault: StoreError | null;
}

export interface WriteProbe {
  /** Why the store does not accept writes; null if it does, as far as is known. */
  faultOf(): Promise<StoreError | null>;
}

/** Always the same key: the next probe removes an object that a crashed process left behind. */
const PROBE_KEY = 'probe/write';
/** One block of most disks: an empty object would fit even on a full disk. */
const PROBE_BYTES = 4096;

export function createWriteProbeRecord(): WriteProbeRecord {
  return { begunAtMs: null, fault: null };
}

/**
 * Writes an object and removes it: a store that answers reads may still be full or read-only. It does so at most once
 * in `everyMs` milliseconds and shares the result between all callers; never if `everyMs` is null.
 */
export function createWriteProbe(parts: {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly record: WriteProbeRecord;
  readonly everyMs: number | null;
}): WriteProbe {
  const { store, clock, record, everyMs } = parts;
  let running: Promise<StoreError | null> | null = null;

  function isRecent(): boolean {
    if (record.begunAtMs === null || everyMs === null) return false;
    const ageMs = clock.millis() - record.begunAtMs;
    // If the clock was set back, the record is not recent.
    return ageMs >= 0 && ageMs < everyMs;
  }

  async function probe(): Promise<StoreError | null> {
    try {
      await store.put(PROBE_KEY, new Uint8Array(PROBE_BYTES), UNCONDITIONAL);
      await store.delete(PROBE_KEY, UNCONDITIONAL);
      record.fault = null;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      record.fault = error;
    }
    return record.fault;
  }

  return {
    async faultOf() {
      if (everyMs === null) return null;
      if (running !== null) return running;
      if (isRecent()) return record.fault;
      record.begunAtMs = clock.millis();
      running = probe().finally(() => {
        running = null;
      });
      return running;
    },
  };
}
