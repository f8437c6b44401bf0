import type { Clock } from '../base/clock.ts';
import { type ObjectStore, StoreError, UNCONDITIONAL } from '../store.ts';

/** What was found when a store was last asked to take a write. Data, so that the requests of a process can share it. */
export interface WriteProbeRecord {
  /** Milliseconds since 1970; null where it was never asked. */
  begunAtMs: number | null;
  /** Why it took none. */
  fault: StoreError | null;
}

export interface WriteProbe {
  /** Null where the store takes writes, as far as is known; else why it does not. */
  faultOf(): Promise<StoreError | null>;
}

/** Of no job, and always the same: what a process that died has left there, the next probe removes. */
const PROBE_KEY = 'probe/write';
/** A block of most disks: an empty object has room on a full one. */
const PROBE_BYTES = 4096;

export function createWriteProbeRecord(): WriteProbeRecord {
  return { begunAtMs: null, fault: null };
}

/**
 * Writes an object and removes it, for a store that can be read may be full or read-only. It does so once in
 * `everyMs`, for all callers, and answers in between what it found; never where that is null.
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
    // A clock that was put back must not keep an old answer.
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
