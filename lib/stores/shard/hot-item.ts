import type { Place, Version } from '../../store.ts';
import type { ListedEntry } from './listed-table.ts';
import type { HeldObject } from './object-table.ts';

/** What a shard has in memory of a key: it has changed lately, or changes often. The tables may have an older state. */
export type HotItem = HotObject | HotEntry;

/** A stored row of the journal. */
export interface JournalRow {
  readonly seq: number;
  readonly slot: number;
  readonly bytes: number;
  /** The items whose latest record it has. */
  readonly live: Set<HotItem>;
}

interface Recorded {
  readonly key: string;
  /** The row of the journal with its latest record. Null where the journal has none. */
  row: JournalRow | null;
  recordBytes: number;
}

export interface HotObject extends Recorded {
  readonly kind: 'object';
  /** Null where it was deleted. */
  stored: HeldObject | null;
  /** Whether the table has an object with this key, of any state. */
  isInTable: boolean;
}

export interface ListedValue {
  readonly version: Version;
  readonly label: string | null;
  readonly place: Place | null;
  /** The version that it replaced. Null where nothing was stored; undefined where that is not known. */
  readonly over?: Version | null | undefined;
}

export interface HotEntry extends Recorded {
  readonly kind: 'entry';
  /** Null where nothing is stored. */
  value: ListedValue | null;
  /** Whether the value was that of the body at a moment after the last write that ended. */
  isKnown: boolean;
  /** The writes that were announced and have not ended, and when they were announced. */
  readonly open: Map<string, OpenWrite>;
  /** Another number with each other value. */
  changes: number;
  /** How often something has put it in doubt. */
  doubts: number;
  changedAtMs: number;
  /** What its record in the journal says. Null where there is none. */
  isRecordedSettled: boolean | null;
  /** The group of the row in the table; null where it has none, undefined where there is no row. */
  groupInTable: string | null | undefined;
}

export interface OpenWrite {
  readonly atMs: number;
  /** Those of the entry at that moment. */
  readonly changes: number;
  readonly doubts: number;
}

/** What the value says, with its order and group. */
export function listedAs({ version, label, place }: ListedValue): ListedEntry {
  return { version, label, order: place?.order ?? null, group: place?.group ?? null };
}

export function isSettled({ isKnown, open }: HotEntry): boolean {
  return isKnown && open.size === 0;
}

/** About what an item takes in memory. */
export function bytesOf(item: HotItem): number {
  const value = item.kind === 'object' ? item.stored : item.value;
  const body = item.kind === 'object' ? (item.stored?.body.byteLength ?? 0) : 0;
  return 400 + 2 * item.key.length + 2 * (value?.label?.length ?? 0) + body;
}
