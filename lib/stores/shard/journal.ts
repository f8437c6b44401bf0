import { type HotItem, isSettled, type JournalRow } from './hot-item.ts';
import { forgetRecord, type JournalRecord, recordOf, recordsIn } from './journal-record.ts';
import type { ShardLimits } from './layout.ts';
import { numberIn, textIn } from './schema.ts';
import type { SqlLike } from './sql.ts';

export interface JournalWrite {
  readonly items: readonly HotItem[];
  /** Keys that the tables have from now on. */
  readonly forgotten: readonly string[];
  /** Until when renewals may stay in memory, in milliseconds since 1970. Zero: not at all. */
  readonly openUntilMs: number;
}

/**
 * The changes of hot items, many in one row, because rows are what is billed. Rows are replayed in their order from a floor on,
 * which each row says: below it no row has the latest record of an item, and its slot is used again. So a change
 * costs one written row, and none to remove it.
 */
export interface Journal {
  /** The records of the rows, in order. Called once, before the first write. `itemOf` is the item that has the record now. */
  replay(itemOf: (record: JournalRecord) => HotItem | null): { readonly openUntilMs: number };
  /** One step. Usually one row. */
  write(write: JournalWrite): void;
  /** The item has no record any more. */
  release(item: HotItem): void;
}

/** A row has at most so many characters of records, and one record more. */
const ROW_CHARACTERS = 256 * 1024;
/** So much is written again with one write. */
const COPIED_CHARACTERS = 64 * 1024;

export function createJournal(
  sql: SqlLike,
  { journalRows, journalSpareBytes }: ShardLimits,
): Journal {
  /** In their order. */
  let rows: JournalRow[] = [];
  const freeSlots: number[] = [];
  let slots = 0;
  let lastSeq = 0;
  let rowBytes = 0;
  let liveBytes = 0;

  function release(item: HotItem): void {
    if (item.row === null) return;
    item.row.live.delete(item);
    liveBytes -= item.recordBytes;
    item.row = null;
    item.recordBytes = 0;
  }

  function assign(item: HotItem, row: JournalRow, bytes: number): void {
    release(item);
    item.row = row;
    item.recordBytes = bytes;
    row.live.add(item);
    liveBytes += bytes;
    if (item.kind === 'entry') item.isRecordedSettled = isSettled(item);
  }

  function dropDeadRows(): void {
    let dead = 0;
    for (const row of rows) {
      if (row.live.size > 0) break;
      freeSlots.push(row.slot);
      rowBytes -= row.bytes;
      dead += 1;
    }
    if (dead > 0) rows = rows.slice(dead);
  }

  /** Items of the oldest rows that are to be written again. */
  function stragglers(taken: ReadonlySet<HotItem>): HotItem[] {
    const copied: HotItem[] = [];
    let excess = Math.max(rows.length - journalRows, 0);
    let characters = 0;
    const isCrowded = rowBytes > 2 * liveBytes + journalSpareBytes;
    for (const row of rows) {
      if (excess <= 0 && !(isCrowded && copied.length === 0)) break;
      for (const item of row.live) {
        if (taken.has(item)) continue;
        copied.push(item);
        characters += item.recordBytes;
      }
      excess -= 1;
      if (characters > COPIED_CHARACTERS) break;
    }
    return copied;
  }

  function writeRow(
    records: readonly { item: HotItem | null; text: string }[],
    openUntilMs: number,
  ) {
    const items = `[${records.map(({ text }) => text).join(',')}]`;
    lastSeq += 1;
    // Rows that this one makes needless are overwritten by it in the same statement.
    for (const { item } of records) if (item !== null) release(item);
    dropDeadRows();
    const slot = freeSlots.pop() ?? slots++;
    const row: JournalRow = { seq: lastSeq, slot, bytes: items.length, live: new Set() };
    for (const { item, text } of records) if (item !== null) assign(item, row, text.length);
    rows.push(row);
    rowBytes += row.bytes;
    sql.exec(
      `INSERT INTO journal (slot, seq, floor, open_until, items) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (slot) DO UPDATE SET seq = excluded.seq, floor = excluded.floor, open_until = excluded.open_until, items = excluded.items`,
      slot,
      row.seq,
      rows[0]?.seq ?? row.seq,
      openUntilMs,
      items,
    );
  }

  return {
    replay(itemOf) {
      const stored = sql
        .exec('SELECT slot, seq, floor, open_until, items FROM journal ORDER BY seq')
        .toArray();
      const last = stored.at(-1);
      if (last === undefined) return { openUntilMs: 0 };
      const floor = numberIn(last, 'floor');
      lastSeq = numberIn(last, 'seq');
      for (const each of stored) {
        const [slot, seq] = [numberIn(each, 'slot'), numberIn(each, 'seq')];
        slots = Math.max(slots, slot + 1);
        if (seq < floor) {
          freeSlots.push(slot);
          continue;
        }
        const items = textIn(each, 'items');
        const row: JournalRow = { seq, slot, bytes: items.length, live: new Set() };
        rows.push(row);
        rowBytes += row.bytes;
        for (const record of recordsIn(items)) {
          const item = itemOf(record);
          if (item !== null) assign(item, row, 0);
        }
      }
      for (const row of rows) {
        for (const item of row.live) {
          item.recordBytes = recordOf(item).length;
          liveBytes += item.recordBytes;
        }
      }
      return { openUntilMs: numberIn(last, 'open_until') };
    },

    write({ items, forgotten, openUntilMs }) {
      const taken = new Set(items);
      const written = [...items, ...stragglers(taken)];
      const records = [
        ...forgotten.map(key => ({ item: null, text: forgetRecord(key) })),
        ...written.map(item => ({ item, text: recordOf(item) })),
      ];
      sql.transaction(() => {
        for (const part of partsOf(records)) writeRow(part, openUntilMs);
      });
    },

    release,
  };
}

function partsOf<Item extends { readonly text: string }>(records: readonly Item[]): Item[][] {
  const parts: Item[][] = [[]];
  let characters = 0;
  for (const record of records) {
    if (characters > ROW_CHARACTERS) {
      parts.push([]);
      characters = 0;
    }
    parts.at(-1)?.push(record);
    characters += record.text.length;
  }
  return parts;
}
