import {
  type FieldQuery,
  type PageQuery,
  type Place,
  type PlacedEntry,
  placedOrder,
} from '../../store.ts';
import { compareKeys } from '../key-order.ts';
import type { HotEntry } from './hot-item.ts';
import type { HotMemory } from './hot-memory.ts';
import { columnOf, type ListedTable } from './listed-table.ts';

/** A page of the catalogue, from the table and the memory. */
export function pageOfEntries(
  query: PageQuery,
  parts: {
    readonly memory: HotMemory;
    readonly table: ListedTable;
    readonly fields: readonly string[];
  },
): readonly PlacedEntry[] {
  const { memory, table, fields } = parts;
  const { group, before, after, descending, limit, field = null } = query;
  const known = columnOf(fields, field?.name) === null ? null : field;
  const order = placedOrder(descending, compareKeys);
  const isPlacedOnly = group !== null || before !== null;

  function isWanted({ key, value }: HotEntry): boolean {
    const place = value?.place ?? null;
    if (value === null || (place === null && isPlacedOnly)) return false;
    if (group !== null && place?.group !== group) return false;
    if (before !== null && (place === null || place.order >= before)) return false;
    if (place !== null && known !== null && !hasField(place, known)) return false;
    return after === null || order({ key, order: place?.order ?? null }, after) > 0;
  }

  /** The first entries of the table that are not in memory. */
  function stored(
    read: (rest: Pick<PageQuery, 'after' | 'limit'>) => readonly PlacedEntry[],
    start: PageQuery['after'],
    most: number,
  ): PlacedEntry[] {
    const found: PlacedEntry[] = [];
    let from = start;
    while (found.length < most) {
      const wanted = most - found.length;
      const rows = read({ after: from, limit: wanted });
      found.push(...rows.filter(({ key }) => !memory.entries.has(key)));
      const last = rows.at(-1);
      if (last === undefined || rows.length < wanted) return found;
      from = { order: last.order, key: last.key };
    }
    return found;
  }

  const entries: PlacedEntry[] = [];
  for (const entry of memory.entries.values()) {
    const { key, value } = entry;
    if (value === null || !isWanted(entry)) continue;
    const { version, label, place } = value;
    entries.push({ key, order: place?.order ?? null, version, label });
  }
  const startsUnplaced = after === null || after.order === null;
  if (startsUnplaced && !isPlacedOnly) {
    entries.push(...stored(rest => table.unplaced({ ...rest, descending }), after, limit));
  }
  const unplaced = entries.filter(entry => entry.order === null).length;
  if (unplaced < limit) {
    const start = startsUnplaced ? null : after;
    const read = (rest: Pick<PageQuery, 'after' | 'limit'>) =>
      table.range({ ...rest, group, field: known, before, descending });
    entries.push(...stored(read, start, limit - unplaced));
  }
  return entries.toSorted(order).slice(0, limit);
}

function hasField({ fields = {} }: Place, { name, value }: FieldQuery): boolean {
  const known = fields[name];
  return known === undefined || (value === null ? known !== '' : known === value);
}
