import type { RecordedWrite } from './record.ts';

/**
 * The durable deletions of the last minutes. Another process may have recorded an older write of such a key. Without
 * the deletion its record would bring the object back after a crash of the machine.
 */
export interface Tombstones {
  add(record: RecordedWrite): void;
  /** For a deletion that did not happen. */
  forget(key: string): void;
  /** Those that are young enough to matter, the oldest first. */
  young(nowNs: bigint): RecordedWrite[];
}

/** Far longer than a process takes to sync the files of its records. */
export const TOMBSTONE_NS = 600_000_000_000n;

const EMPTY = new Uint8Array();

/** Remembers at most this many, and forgets the oldest first. */
export function createTombstones(limit: number): Tombstones {
  const known = new Map<string, RecordedWrite>();

  function isYoung({ stampNs }: RecordedWrite, nowNs: bigint): boolean {
    return nowNs - stampNs < TOMBSTONE_NS;
  }

  return {
    add(record) {
      known.delete(record.key);
      known.set(record.key, { ...record, body: EMPTY });
      for (const [key, oldest] of known) {
        if (known.size <= limit && isYoung(oldest, record.stampNs)) break;
        known.delete(key);
      }
    },
    forget(key) {
      known.delete(key);
    },
    young: nowNs => [...known.values()].filter(record => isYoung(record, nowNs)),
  };
}
