import type { Version } from '../../store.ts';
import type { ShardStep } from '../shard-port.ts';

/** What a read of a body has found. */
export interface ReadNote {
  readonly key: string;
  readonly found: Version | null;
  /** Undefined where the read does not bring it. */
  readonly label: string | null | undefined;
  readonly atMs: number;
}

/**
 * What reads of bodies have found, until their shards know it. Notes go along with the calls that a shard gets anyway, and once a
 * minute with one of their own, so the cost of right reads is bounded by time. They are data: the stores of a process share them.
 */
export interface ReadNotes {
  /** True where the shard should get its notes soon: none of them went to it for a minute, or there are many. */
  add(shard: number, note: ReadNote): boolean;
  /** A write says what is stored now. */
  forget(shard: number, key: string): void;
  /** The steps that tell the shard, which are not kept. */
  take(shard: number, nowMs: number): readonly ShardStep[];
}

/** Notes of one shard: some 100 KB. */
export const MOST_NOTES = 250;
const EVERY_MS = 60_000;
/** What was found longer ago says little about now. */
const LONGEST_MS = 120_000;

interface Waiting {
  /** By key, the oldest first. */
  readonly notes: Map<string, ReadNote>;
  toldAtMs: number;
}

export function createReadNotes(): ReadNotes {
  const shards: Waiting[] = [];

  function waitingOf(shard: number): Waiting {
    shards[shard] ??= { notes: new Map(), toldAtMs: Number.NEGATIVE_INFINITY };
    return shards[shard];
  }

  return {
    add(shard, note) {
      const waiting = waitingOf(shard);
      const { notes } = waiting;
      notes.delete(note.key);
      notes.set(note.key, note);
      if (notes.size > MOST_NOTES) {
        const [oldest = ''] = notes.keys();
        notes.delete(oldest);
      }
      const isQuiet = Math.abs(note.atMs - waiting.toldAtMs) < EVERY_MS;
      if (isQuiet && notes.size < MOST_NOTES) return false;
      waiting.toldAtMs = note.atMs;
      return true;
    },

    forget(shard, key) {
      shards[shard]?.notes.delete(key);
    },

    take(shard, nowMs) {
      const waiting = shards[shard];
      if (waiting === undefined || waiting.notes.size === 0) return [];
      const notes = [...waiting.notes.values()];
      waiting.notes.clear();
      waiting.toldAtMs = nowMs;
      return notes.flatMap(({ key, found, label, atMs }) => {
        const agoMs = Math.max(nowMs - atMs, 0);
        if (agoMs > LONGEST_MS) return [];
        const said = label === undefined ? {} : { label };
        return [{ do: 'doubt', key, found, agoMs, ...said } as const];
      });
    },
  };
}
