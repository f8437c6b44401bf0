import type { StoredEntry } from '../../store.ts';
import type { LookUp, ShardStep, WriteOutcome } from '../shard-port.ts';
import { type HotEntry, isSettled, type ListedValue } from './hot-item.ts';
import type { HotMemory } from './hot-memory.ts';
import { isAsFound, type ShardLayout } from './layout.ts';

type DoubtStep = Omit<Extract<ShardStep, { do: 'doubt' }>, 'do'>;

/**
 * What the shard knows of objects in the other medium. Each write of one is announced before it and settled after it. An
 * entry that is not settled, or of which a write began long ago, is looked up before it is shown.
 */
export interface Catalogue {
  /** True where the journal has to have it before the write may begin. */
  announce(key: string, id: string): boolean;
  settle(key: string, id: string, outcome: WriteOutcome): void;
  /** What a read has found. True where the catalogue says something else, which is then looked up. */
  doubt(read: DoubtStep): boolean;
  /** The body is to be looked up. */
  suspect(key: string): void;
  /** Resolves when every entry says what was stored at a moment after the call. Rejects where the look-up does. */
  verify(): Promise<void>;
  /** Sets an entry to what a list has said. */
  correct(key: string, entry: StoredEntry | null): void;
}

/** A write that takes longer has most likely ended, and its end was not told. */
const LATE_MS = 2_000;
/** A write that began so long ago has ended: clients give up before. */
const ENDED_MS = 60_000;
/** Reads put no more entries in doubt than a list can look up. */
const MOST_DOUBTFUL = 500;
/** The connections that a Worker may open at a time. */
const LOOK_UPS_AT_ONCE = 6;

export function createCatalogue(
  { memory, layout }: { readonly memory: HotMemory; readonly layout: ShardLayout },
  { lookUp, nowMs }: { readonly lookUp: LookUp; readonly nowMs: () => number },
): Catalogue {
  let running: Promise<void> = Promise.resolve();

  function set(entry: HotEntry, value: ListedValue | null): void {
    entry.value = value;
    entry.changes += 1;
    entry.changedAtMs = nowMs();
  }

  function doubt(entry: HotEntry): void {
    entry.isKnown = false;
    entry.doubts += 1;
  }

  function valueOf(
    { version, label }: Pick<StoredEntry, 'version' | 'label'>,
    over?: ListedValue['over'],
  ): ListedValue {
    return { version, label, place: label === null ? null : layout.placeOf(label), over };
  }

  function suspect(key: string): void {
    const entry = memory.entryOf(key, nowMs());
    doubt(entry);
    memory.changed(entry, 'later');
  }

  /** Whether the entry is to be looked up: nothing says what is stored, or a write of it does not end. */
  function isDoubtful({ isKnown, open }: HotEntry): boolean {
    const now = nowMs();
    return !isKnown || [...open.values()].some(({ atMs }) => isLate(atMs, now));
  }

  async function lookUpOne(entry: HotEntry): Promise<void> {
    const { changes, doubts } = entry;
    const startedAtMs = nowMs();
    const found = await lookUp(entry.key);
    for (const [id, { atMs }] of entry.open) {
      if (Math.abs(startedAtMs - atMs) > ENDED_MS) entry.open.delete(id);
    }
    // A write that ended in between knows it better, or has put it in doubt again.
    if (entry.changes === changes && entry.doubts === doubts) {
      entry.isKnown = true;
      const { value } = entry;
      if (found?.version !== value?.version || (found?.label ?? null) !== (value?.label ?? null)) {
        set(entry, found === null ? null : valueOf(found));
      }
    }
    memory.changed(entry, 'later');
  }

  async function lookUpAll(entries: readonly HotEntry[]): Promise<void> {
    const waiting = [...entries];
    async function next(): Promise<void> {
      for (let entry = waiting.pop(); entry !== undefined; entry = waiting.pop()) {
        await lookUpOne(entry);
      }
    }
    await Promise.all(Array.from({ length: LOOK_UPS_AT_ONCE }, next));
  }

  return {
    announce(key, id) {
      const entry = memory.entryOf(key, nowMs());
      const { changes, doubts } = entry;
      entry.open.set(id, { atMs: nowMs(), changes, doubts });
      memory.changed(entry, entry.isRecordedSettled === false ? 'later' : 'ordered');
      return memory.has('ordered');
    },

    settle(key, id, outcome) {
      const entry = memory.entryOf(key, nowMs());
      const announced = entry.open.get(id);
      entry.open.delete(id);
      const isSame = entry.changes === announced?.changes;
      const isOnly = isSame && entry.open.size === 0;
      const trust = (): void => {
        if (entry.doubts === announced?.doubts) entry.isKnown = true;
      };
      switch (outcome.kind) {
        case 'stored': {
          const { version, over } = outcome;
          const { value } = entry;
          // The later of two writes names the version of the other.
          const isNext = over !== undefined && over === (value?.version ?? null);
          if (announced === undefined) doubt(entry);
          else if (isOnly || isNext) {
            set(entry, valueOf(outcome, over));
            trust();
          } else if (value?.over !== version && value?.version !== version) doubt(entry);
          break;
        }
        case 'deleted':
          if (isOnly) {
            set(entry, null);
            trust();
          } else doubt(entry);
          break;
        case 'refused':
          // What was stored by another write is in the catalogue, or its entry is wrong.
          if (announced === undefined || isSame) doubt(entry);
          break;
        case 'unknown':
          doubt(entry);
          break;
        default:
          outcome satisfies never;
      }
      memory.changed(entry, 'later');
    },

    doubt({ key, found, label, agoMs }) {
      if (memory.unsettled.size >= MOST_DOUBTFUL) return false;
      const entry = memory.entries.get(key);
      if (entry !== undefined) {
        // What was written since the read, or is being written, says more than the read.
        const ageMs = Math.abs(nowMs() - entry.changedAtMs);
        if (!isSettled(entry) || (agoMs !== undefined && ageMs < agoMs)) return false;
      }
      const known = memory.valueOf(key);
      const isRight =
        known === null ? found === null : isAsFound(layout, known, { version: found, label });
      if (!isRight) suspect(key);
      return !isRight;
    },

    suspect,

    verify() {
      // A look-up that runs may have begun before the last write.
      const before = running;
      running = (async () => {
        await before.catch(() => undefined);
        await lookUpAll([...memory.unsettled].filter(isDoubtful));
      })();
      return running;
    },

    correct(key, found) {
      const entry = memory.entryOf(key, nowMs());
      set(entry, found === null ? null : valueOf(found));
      entry.isKnown = true;
      memory.changed(entry, 'later');
    },
  };
}

function isLate(atMs: number, now: number): boolean {
  // A time in the future is a clock that has jumped.
  return now - atMs > LATE_MS || atMs > now;
}
