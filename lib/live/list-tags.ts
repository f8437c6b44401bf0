import { LRUCache } from 'lru-cache';
import { ENTRY_BYTES, MEMORY_BOUNDS } from '../base/memory-bounds.ts';
import { ownText, textBytes } from '../base/own-text.ts';
import { type Timestamp, toUnixMicros } from '../base/timestamp.ts';

/** The tag of a list, and how long it is certain that the list is the same. */
export interface ListTag {
  readonly tag: string;
  /** Those of the parts that the list was made from. */
  readonly revisions: readonly number[];
  /** Microseconds since 1970: not before `at`, because the clock may go back, and before `until`. */
  readonly at: number;
  readonly until: number;
}

/** The tags of the last lists, so that an unchanged list need not be made again to find that out. */
export interface ListTags {
  record(key: string, tag: ListTag): void;
  /** Null if the list may have changed. */
  find(key: string, revisions: readonly number[], now: Timestamp): string | null;
}

export function createListTags(): ListTags {
  const tags = new LRUCache<string, ListTag>({
    maxSize: MEMORY_BOUNDS.listTags.bytes,
    sizeCalculation: (_, key) => 2 * ENTRY_BYTES + textBytes(key),
  });
  return {
    record(key, tag) {
      tags.set(ownText(key), tag);
    },
    find(key, revisions, now) {
      const known = tags.get(key);
      if (known === undefined) return null;
      const isSame = known.revisions.every((revision, index) => revision === revisions[index]);
      const micros = Number(toUnixMicros(now));
      return isSame && micros >= known.at && micros < known.until ? known.tag : null;
    },
  };
}
