import type { OrderedLists, PlacedEntry } from '../../store.ts';
import type { KvEntry, KvLike } from './kv-like.ts';
import type { Ordering } from './order-changes.ts';
import { createOrderChanges } from './order-changes.ts';
import { createOrderCheck } from './order-check.ts';
import { decodeEntry } from './order-entry.ts';
import { completeKey, placedKeyOf, rangeOf } from './order-keys.ts';
import { entriesOf } from './pointer-pages.ts';
import type { Retry } from './retry.ts';
import { recordedAt, uploadRecordValue } from './upload.ts';

/** Lists by place in a KV. One call returns a page. */
export function createOrderedLists(
  ordering: Ordering,
  { kv, retry, now }: { readonly kv: KvLike; readonly retry: Retry; readonly now: () => number },
): OrderedLists {
  const { folders } = ordering;
  const check = createOrderCheck({ kv, retry, changes: createOrderChanges(ordering) });
  /** Writes of every process keep a complete list complete, so one answer is enough. */
  const complete = new Set<string>();

  async function completedAt(folder: string): Promise<number | null> {
    const record = await retry('read a list', () => kv.get(completeKey(folder)));
    return record.versionstamp === null ? null : recordedAt(record.value);
  }

  return {
    folders,

    async isComplete(folder) {
      if (complete.has(folder)) return true;
      if (!folders.includes(folder) || (await completedAt(folder)) === null) return false;
      complete.add(folder);
      return true;
    },

    async page(folder, { limit, ...query }) {
      const selector = rangeOf(folder, query);
      const entries = await retry(`list "${folder}"`, () =>
        entriesOf(kv, { selector, limit, reverse: query.descending }),
      );
      return entries.map(entry => placedEntry(entry, folder)).filter(entry => entry !== null);
    },

    async complete(folder, olderThan) {
      const at = await completedAt(folder);
      if (at !== null && at >= olderThan) return null;
      // What is written from now on has its entries.
      const startedAt = now();
      const corrected = (await check.addMissing(folder)) + (await check.removeStale(folder));
      const value = uploadRecordValue(startedAt);
      await retry('record a list', () => kv.atomic().set(completeKey(folder), value).commit());
      return corrected;
    },

    countGroups: null,
  };
}

function placedEntry(entry: KvEntry, folder: string): PlacedEntry | null {
  const placed = placedKeyOf(entry.key, folder);
  const decoded = decodeEntry(entry);
  return placed === null || decoded === null ? null : { ...placed, ...decoded };
}
