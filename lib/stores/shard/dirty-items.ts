import type { HotItem } from './hot-item.ts';

/** How soon a change in memory has to be in the journal. `later`: losing it costs a look at the body, or nothing. */
export type Urgency = 'ordered' | 'lazy' | 'later';

/** The items that have changed since their record in the journal, by the most urgent of their changes. */
export interface DirtyItems {
  add(item: HotItem, urgency: Urgency): void;
  remove(item: HotItem): void;
  /** In the order of their changes. */
  of(urgency: Urgency): ReadonlySet<HotItem>;
}

export function createDirtyItems(): DirtyItems {
  const sets = { ordered: new Set<HotItem>(), lazy: new Set<HotItem>(), later: new Set<HotItem>() };

  function remove(item: HotItem): void {
    for (const set of Object.values(sets)) set.delete(item);
  }

  return {
    add(item, urgency) {
      if (sets.ordered.has(item) || (urgency === 'later' && sets.lazy.has(item))) return;
      remove(item);
      sets[urgency].add(item);
    },
    remove,
    of: urgency => sets[urgency],
  };
}
