import type { Version } from '../../store.ts';
import { createDirtyItems, type Urgency } from './dirty-items.ts';
import {
  bytesOf,
  type HotEntry,
  type HotItem,
  type HotObject,
  isSettled,
  type ListedValue,
  listedAs,
} from './hot-item.ts';
import { createJournal, type Journal } from './journal.ts';
import type { JournalRecord } from './journal-record.ts';
import { type ShardLayout, type ShardLimits, tagIn } from './layout.ts';
import type { ListedEntry, ListedTable } from './listed-table.ts';
import type { ObjectTable } from './object-table.ts';
import type { SqlLike } from './sql.ts';

/** The keys of a shard that have changed lately. What is not here is in the tables. */
export interface HotMemory {
  readonly objects: ReadonlyMap<string, HotObject>;
  readonly entries: ReadonlyMap<string, HotEntry>;
  /** Those that are not settled. */
  readonly unsettled: ReadonlySet<HotEntry>;
  /** The item of a key; made from the table if it is not in memory. */
  objectOf(key: string): HotObject;
  entryOf(key: string, nowMs: number): HotEntry;
  /** What the catalogue says of a key. Null if it has no entry. */
  valueOf(key: string): ListedEntry | null;
  /** The item has changed. */
  changed(item: HotItem, urgency: Urgency): void;
  has(urgency: Urgency): boolean;
  count(urgency: Urgency): number;
  /** Writes one row of the journal with all changes, and of the later ones those that `takes` takes. */
  write(takes: (entry: HotEntry) => boolean): void;
  /** Moves settled items to the tables while there are too many, those first that changed first. At most so many. */
  makeRoom(most: number): void;
  /** Stores an object in the table at once. */
  writeThrough(item: HotObject): void;
}

/** Until when renewals may stay in memory, in milliseconds since 1970. Zero: not at all. Each row of the journal says it. */
export interface OpenWindow {
  openUntilMs: number;
}

export function createHotMemory(
  {
    sql,
    layout,
    limits,
  }: { readonly sql: SqlLike; readonly layout: ShardLayout; readonly limits: ShardLimits },
  tables: { readonly objects: ObjectTable; readonly listed: ListedTable },
  window: OpenWindow,
): HotMemory {
  const journal: Journal = createJournal(sql, limits);
  const { hotBytes, residentBytes: mostResidentBytes } = limits;
  // In the order of their last change. Residents are apart, so that a search for room does not pass them.
  const objects = new Map<string, HotObject>();
  const movable = new Set<HotItem>();
  const residents = new Set<HotObject>();
  const entries = new Map<string, HotEntry>();
  const unsettled = new Set<HotEntry>();
  const dirty = createDirtyItems();
  const sizes = new Map<HotItem, number>();
  let movableBytes = 0;
  let residentBytes = 0;

  function measure(item: HotItem): void {
    leave(item);
    const bytes = bytesOf(item);
    sizes.set(item, bytes);
    if (item.kind === 'object' && item.stored !== null && layout.isResident(item.key)) {
      residents.add(item);
      residentBytes += bytes;
    } else {
      movable.add(item);
      movableBytes += bytes;
    }
  }

  function leave(item: HotItem): void {
    const bytes = sizes.get(item) ?? 0;
    sizes.delete(item);
    if (movable.delete(item)) movableBytes -= bytes;
    if (item.kind === 'object' && residents.delete(item)) residentBytes -= bytes;
  }

  function addObject(key: string): HotObject {
    const stored = tables.objects.read(key);
    const item: HotObject = {
      kind: 'object',
      key,
      stored,
      isInTable: stored !== null,
      row: null,
      recordBytes: 0,
    };
    objects.set(key, item);
    measure(item);
    return item;
  }

  function addEntry(key: string, nowMs: number): HotEntry {
    const row = tables.listed.read(key);
    const item: HotEntry = {
      kind: 'entry',
      key,
      value: row === null ? null : valueOf(row.version, row.label),
      isKnown: true,
      open: new Map(),
      changes: 0,
      doubts: 0,
      changedAtMs: nowMs,
      isRecordedSettled: null,
      groupInTable: row === null ? undefined : row.group,
      row: null,
      recordBytes: 0,
    };
    entries.set(key, item);
    measure(item);
    return item;
  }

  function valueOf(version: Version, label: string | null): ListedValue {
    return { version, label, place: label === null ? null : layout.placeOf(label) };
  }

  function drop(item: HotItem): void {
    journal.release(item);
    leave(item);
    dirty.remove(item);
    if (item.kind === 'object') objects.delete(item.key);
    else {
      entries.delete(item.key);
      unsettled.delete(item);
    }
  }

  /** Brings the tables to the state of the item. */
  function store(item: HotItem): void {
    const { key } = item;
    if (item.kind === 'object') {
      if (item.stored !== null) tables.objects.write(key, item.stored, tagIn(layout, key));
      else if (item.isInTable) tables.objects.remove(key);
      return;
    }
    if (item.value !== null) tables.listed.write(key, item.value);
    else if (item.groupInTable !== undefined) tables.listed.remove(key);
  }

  function replayed(record: JournalRecord): HotItem | null {
    const { key } = record;
    if (record.kind === 'forget') {
      const item = objects.get(key) ?? entries.get(key);
      if (item !== undefined) drop(item);
      return null;
    }
    if (record.kind === 'object') {
      const item = objects.get(key) ?? addObject(key);
      item.stored = record.stored;
      measure(item);
      return item;
    }
    const item = entries.get(key) ?? addEntry(key, 0);
    const { stored, isSettled: wasSettled } = record;
    item.value = stored === null ? null : valueOf(stored.version, stored.label);
    item.isKnown = wasSettled;
    if (wasSettled) unsettled.delete(item);
    else unsettled.add(item);
    measure(item);
    return item;
  }

  window.openUntilMs = journal.replay(replayed).openUntilMs;

  function isMovable(item: HotItem): boolean {
    return item.kind === 'object' || isSettled(item);
  }

  function* oldest(): Generator<HotItem> {
    if (movableBytes > hotBytes / 2) yield* movable;
    if (residentBytes > mostResidentBytes) yield* residents;
  }

  const memory: HotMemory = {
    objects,
    entries,
    unsettled,
    objectOf: key => objects.get(key) ?? addObject(key),
    entryOf: (key, nowMs) => entries.get(key) ?? addEntry(key, nowMs),

    valueOf(key) {
      const entry = entries.get(key);
      if (entry === undefined) return tables.listed.read(key);
      return entry.value === null ? null : listedAs(entry.value);
    },

    changed(item, urgency) {
      measure(item);
      if (item.kind === 'entry') {
        if (isSettled(item)) unsettled.delete(item);
        else unsettled.add(item);
      }
      if (item.row === null && isGone(item)) {
        drop(item);
        return;
      }
      dirty.add(item, urgency);
    },

    has: urgency => dirty.of(urgency).size > 0,
    count: urgency => dirty.of(urgency).size,

    write(takes) {
      const later = [...dirty.of('later')].filter(item => item.kind !== 'entry' || takes(item));
      commit([...dirty.of('ordered'), ...dirty.of('lazy'), ...later], []);
    },

    makeRoom(most) {
      if (movableBytes <= hotBytes && residentBytes <= mostResidentBytes) return;
      const moved: HotItem[] = [];
      let searched = 0;
      let freed = 0;
      const needed =
        Math.max(movableBytes - hotBytes / 2, 0) + Math.max(residentBytes - mostResidentBytes, 0);
      for (const item of oldest()) {
        if (moved.length === most || searched === 2 * most || freed >= needed) break;
        searched += 1;
        if (!isMovable(item)) continue;
        freed += sizes.get(item) ?? 0;
        moved.push(item);
      }
      moveOut(moved);
    },

    writeThrough: item => moveOut([item]),
  };

  /** Writes what the items are now, and that the tables have the others. A key without a record needs none to be gone. */
  function commit(items: readonly HotItem[], dropped: readonly HotItem[]): void {
    const gone = [...dropped, ...items.filter(isGone)];
    const kept = items.filter(item => !isGone(item));
    const forgotten = gone.filter(({ row }) => row !== null).map(({ key }) => key);
    for (const item of gone) drop(item);
    journal.write({ items: kept, forgotten, openUntilMs: window.openUntilMs });
    for (const item of kept) dirty.remove(item);
  }

  function moveOut(moved: readonly HotItem[]): void {
    if (moved.length === 0) return;
    sql.transaction(() => {
      for (const item of moved) store(item);
      const waiting = [...dirty.of('ordered'), ...dirty.of('lazy')];
      if (moved.some(({ row }) => row !== null))
        commit(
          waiting.filter(item => !moved.includes(item)),
          moved,
        );
      else for (const item of moved) drop(item);
    });
  }

  return memory;
}

/** Whether it is nowhere: it was deleted, or never stored, and the tables do not have it. */
function isGone(item: HotItem): boolean {
  if (item.kind === 'object') return item.stored === null && !item.isInTable;
  return item.value === null && item.groupInTable === undefined && isSettled(item);
}
