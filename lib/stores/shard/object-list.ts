import type { StoredEntry } from '../../store.ts';
import { compareKeys } from '../key-order.ts';
import type { ShardList, ShardListQuery } from '../shard-port.ts';
import type { HotMemory } from './hot-memory.ts';
import { type ShardLayout, tagIn } from './layout.ts';
import type { ObjectTable } from './object-table.ts';

/** A page of the objects of the table and of the memory, as one list. */
export function listObjects(
  { prefix, after, tag, limit }: ShardListQuery,
  parts: {
    readonly memory: HotMemory;
    readonly table: ObjectTable;
    readonly layout: ShardLayout;
  },
): ShardList {
  const { memory, table, layout } = parts;
  const isTagged = layout.tagged !== null && prefix.startsWith(`${layout.tagged.folder}/`);
  const tags: readonly (string | null)[] = tag === null || !isTagged ? [null] : [tag, ''];
  const pages = tags.map(each => table.list({ prefix, after, tag: each, limit }));
  // Behind the last key of a page that is full there may be more.
  const ends = pages.flatMap(page => (page.length < limit ? [] : (page.at(-1)?.key ?? [])));
  const horizon = ends.toSorted(compareKeys)[0] ?? null;
  const isWithin = (key: string) => horizon === null || compareKeys(key, horizon) <= 0;

  function isWanted(key: string): boolean {
    if (!key.startsWith(prefix) || compareKeys(key, after) <= 0 || !isWithin(key)) return false;
    return tags.includes(null) || tags.includes(tagIn(layout, key));
  }

  const entries: StoredEntry[] = [];
  for (const { key, stored } of memory.objects.values()) {
    if (stored === null || !isWanted(key)) continue;
    entries.push({ key, version: stored.version, label: stored.label });
  }
  for (const page of pages) {
    for (const entry of page) {
      if (!memory.objects.has(entry.key) && isWithin(entry.key)) entries.push(entry);
    }
  }
  entries.sort((left, right) => compareKeys(left.key, right.key));
  const shown = entries.slice(0, limit);
  const next = entries.length > limit ? (shown.at(-1)?.key ?? null) : horizon;
  return { entries: shown, next };
}
