import { MEMORY_BOUNDS } from '../base/memory-bounds.ts';
import { ownText, textBytes } from '../base/own-text.ts';
import { safeNameOf } from '../keys/job-id.ts';
import { parseReadyKey, READY_KEYS, type ReadyHint } from '../keys/ready-hint.ts';
import type { ObjectStore } from '../store.ts';
import type { HintFilter } from './ready-index.ts';
import { compareHintKeys } from './sorted-keys.ts';

/**
 * Hints in the order in which their jobs became claimable, for stores with labels. Each hint goes to one claim of this
 * process. Hints are listed in pages, and a page is remembered until it is used up. Hints ascend with time, so a new
 * hint belongs behind the page, unless its job keeps an earlier place.
 */
export interface HintPages {
  /**
   * First the remembered hints, then all listed ones, of those that the filter wants. Each filter has its own page: a
   * hint taken with one filter is still available to others.
   */
  candidates(filter: HintFilter): AsyncGenerator<ReadyHint>;
}

/** At the edge each request has its own repository, and loses what it does not use of a page. */
const PAGE = 99;
const LONGEST_FILTER = 500;
const MAX_FILTERS = 100;
/** For one entry of an array. */
const ENTRY_BYTES = 16;

/** The remembered page of one filter. */
interface Remembered {
  /** Keys of hints, at most one page. */
  keys: string[];
  /** The memory that they took when they were listed. */
  bytes: number;
  listing: Promise<Page> | null;
}

interface Page {
  readonly keys: readonly string[];
  /** Null at the end of the list. */
  readonly last: string | null;
}

export function createHintPages(store: ObjectStore): HintPages {
  const filters = new Map<string, Remembered>();

  function rememberedFor(filter: string): Remembered {
    const known = filters.get(filter) ?? { keys: [], bytes: 0, listing: null };
    // A job name of megabytes makes a filter of megabytes, which is not remembered.
    if (filter.length > LONGEST_FILTER) return known;
    filters.delete(filter);
    filters.set(ownText(filter), known);
    const oldest = filters.keys().next().value;
    if (filters.size > MAX_FILTERS && oldest !== undefined) filters.delete(oldest);
    return known;
  }

  /** Forgets the oldest pages while all pages together take too much memory. */
  function makeRoom(latest: Remembered): void {
    let total = [...filters.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    for (const [filter, remembered] of filters) {
      if (total <= MEMORY_BOUNDS.readyQueue.bytes) return;
      if (remembered === latest) continue;
      filters.delete(filter);
      total -= remembered.bytes;
    }
  }

  /** A page starts with the first hint that matches. The hints before it are skipped within the same list. */
  async function listPage(
    matches: (hint: ReadyHint) => boolean,
    { nameHash: tag }: HintFilter,
  ): Promise<Page> {
    const hints: ReadyHint[] = [];
    let length = 0;
    for await (const { key } of store.list(READY_KEYS, READY_KEYS, { labels: false, tag })) {
      const hint = parseReadyKey(key);
      if (hint !== null && matches(hint)) hints.push(hint);
      if (hints.length > 0) length += 1;
      if (length === PAGE) return { keys: sortedKeys(hints), last: key };
    }
    return { keys: sortedKeys(hints), last: null };
  }

  /** Claims that need the first page at the same time share one list, and each takes a part of it. */
  function listFirstPage(
    remembered: Remembered,
    matches: (hint: ReadyHint) => boolean,
    filter: HintFilter,
  ): Promise<Page> {
    remembered.listing ??= listPage(matches, filter)
      .then(page => {
        remembered.keys = [...page.keys];
        remembered.bytes = page.keys.reduce((sum, key) => sum + textBytes(key) + ENTRY_BYTES, 0);
        makeRoom(remembered);
        return page;
      })
      .finally(() => {
        remembered.listing = null;
      });
    return remembered.listing;
  }

  return {
    async *candidates(filter) {
      const remembered = rememberedFor(JSON.stringify([filter.nameHash, filter.safePrefix]));
      const matches = (hint: ReadyHint) => isWanted(hint, filter);
      yield* takeAll(remembered);
      const { last } = await listFirstPage(remembered, matches, filter);
      yield* takeAll(remembered);
      if (last === null) return;
      // A claim that found nothing on the first page lists all the other hints.
      for await (const { key } of store.list(READY_KEYS, last, {
        labels: false,
        tag: filter.nameHash,
      })) {
        const hint = parseReadyKey(key);
        if (hint !== null && matches(hint)) yield hint;
      }
    },
  };
}

function isWanted(hint: ReadyHint, { nameHash, safePrefix }: HintFilter): boolean {
  if (!safeNameOf(hint.jobKey).startsWith(safePrefix)) return false;
  return nameHash === null || hint.nameHash === null || hint.nameHash === nameHash;
}

function sortedKeys(hints: readonly ReadyHint[]): string[] {
  return hints.map(({ key }) => ownText(key)).toSorted(compareHintKeys);
}

function* takeAll(remembered: Remembered): Generator<ReadyHint> {
  // Another claim may replace `keys` between two hints.
  for (let key = remembered.keys.shift(); key !== undefined; key = remembered.keys.shift()) {
    const hint = parseReadyKey(key);
    if (hint !== null) yield hint;
  }
}
