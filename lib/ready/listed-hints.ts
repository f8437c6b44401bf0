import { MEMORY_BOUNDS } from '../base/memory-bounds.ts';
import { ownText, textBytes } from '../base/own-text.ts';
import { type ClaimOrder, createClaimOrder } from './claim-order.ts';

/**
 * Hints that were listed and that no claim has taken yet, one page for each filter. It is data alone, so that requests
 * which have nothing else in common may share it. It may be lost at any time: a claim lists again.
 */
export interface ListedHints {
  /** Whether other processes claim from the same hints. */
  readonly isShared: boolean;
  /**
   * The page of this filter. An empty one if there is none, or if it is too old. A claim that has the old one keeps it: an
   * isolate may be so slow that a page ages between two hints, and the claim would end without a job.
   */
  of(filter: string, nowMs: number): HintPage;
  /** Fills a page that `of` returned, with the keys of hints in their order. */
  fill(page: HintPage, keys: readonly string[], nowMs: number): void;
}

/** The keys are in the order in which claims take them. */
export interface HintPage {
  readonly keys: string[];
  /** How many of them are taken before the hints are listed again. */
  left: number;
  /** How often they were listed. */
  lists: number;
  /** Of this process, where others may claim from the same hints. */
  readonly order: ClaimOrder;
  /**
   * From so many of the first keys a claim takes one at random; 1: the first. Claims of other isolates have the same list,
   * and would all try the same jobs.
   */
  spread: number;
}

/** So many jobs may be claimed before one that has waited for longer, while isolates are in each other's way. */
export const MAX_SPREAD = 16;

interface Remembered extends HintPage {
  /** The memory that the keys took when they were listed. */
  bytes: number;
  listedAtMs: number;
}

/** Where many processes claim: a busy one serves some hundred claims from one list. */
export const SHARED_HINTS_MS = 2_000;

const LONGEST_FILTER = 500;
const MAX_FILTERS = 100;
/** For one entry of an array. */
const ENTRY_BYTES = 16;

/**
 * `maxAgeMs`: after this time a page counts as empty. Where other processes claim from the same hints, an old page has
 * many that are gone, and each costs a read of its job.
 */
export function createListedHints(maxAgeMs = Number.POSITIVE_INFINITY): ListedHints {
  const pages = new Map<string, Remembered>();

  /** Forgets the oldest pages while all pages together take too much memory. */
  function makeRoom(latest: HintPage): void {
    let total = [...pages.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    for (const [filter, page] of pages) {
      if (total <= MEMORY_BOUNDS.readyQueue.bytes) return;
      if (page === latest) continue;
      pages.delete(filter);
      total -= page.bytes;
    }
  }

  function newPage(listedAtMs: number): Remembered {
    const order = createClaimOrder();
    return { keys: [], left: 0, lists: 0, order, spread: 1, bytes: 0, listedAtMs };
  }

  return {
    isShared: maxAgeMs !== Number.POSITIVE_INFINITY,

    of(filter, nowMs) {
      const known = pages.get(filter) ?? newPage(nowMs);
      // The clock may have been set back.
      const isOld = Math.abs(nowMs - known.listedAtMs) > maxAgeMs;
      const page = isOld ? { ...known, keys: [], listedAtMs: nowMs } : known;
      // A job name of megabytes makes a filter of megabytes, which is not remembered.
      if (filter.length > LONGEST_FILTER) return page;
      pages.delete(filter);
      pages.set(ownText(filter), page);
      const oldest = pages.keys().next().value;
      if (pages.size > MAX_FILTERS && oldest !== undefined) pages.delete(oldest);
      return page;
    },

    fill(page, keys, nowMs) {
      const bytes = keys.reduce((sum, key) => sum + textBytes(key) + ENTRY_BYTES, 0);
      const { keys: ordered, count } = page.order.next(keys, nowMs);
      page.keys.splice(0, page.keys.length, ...ordered);
      Object.assign(page, { left: count, lists: page.lists + 1, bytes, listedAtMs: nowMs });
      makeRoom(page);
    },
  };
}
