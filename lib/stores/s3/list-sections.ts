import { LRUCache } from 'lru-cache';
import { compareKeys } from '../key-order.ts';
import { ownText } from '../own-text.ts';

/** So many pages of one section follow each other. */
export const PAGES_A_SECTION = 8;
/** Of one list. What is behind the last is one section. */
const MOST_BOUNDS = 250;
/** Of a store, which lists a handful. */
const MOST_LISTS = 8;

/**
 * Where a long list is cut into sections that are asked for side by side: at keys at which pages of the list before ended. A key says
 * nothing that has to be true: with other keys the sections are longer or shorter.
 */
export interface ListSections {
  /** In order. Empty where the list was short, or is not known. */
  boundsOf(prefix: string): readonly string[];
  /** Records one list of all keys with the prefix: `add` is called with the last key of each page. */
  record(prefix: string): { add(lastKey: string): void; end(): void };
}

export function createListSections(): ListSections {
  const known = new LRUCache<string, readonly string[]>({ max: MOST_LISTS });
  return {
    boundsOf: prefix => known.get(prefix) ?? [],
    record(prefix) {
      const bounds: string[] = [];
      let pages = 0;
      let end = '';
      return {
        add(lastKey) {
          pages += 1;
          end = lastKey;
          // A key of a page would keep the text of the whole page.
          if (pages % PAGES_A_SECTION === 0) bounds.push(ownText(lastKey));
        },
        end() {
          // Nothing is behind it.
          if (bounds.at(-1) === end) bounds.pop();
          if (bounds.length > 0) known.set(ownText(prefix), bounds.slice(0, MOST_BOUNDS));
          else known.delete(prefix);
        },
      };
    },
  };
}

/** Of keys in order at which pages begin, those at which sections may. Behind `after` alone. */
export function sectionBounds(keys: readonly string[], after: string): readonly string[] {
  const behind = keys.filter(key => compareKeys(key, after) > 0);
  return behind.filter((_, index) => (index + 1) % PAGES_A_SECTION === 0).slice(0, MOST_BOUNDS);
}
