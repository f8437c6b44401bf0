import type { Clock } from '../base/clock.ts';
import { ownText } from '../base/own-text.ts';
import type { Random } from '../base/random.ts';
import { safeNameOf } from '../keys/job-id.ts';
import { parseReadyKey, READY_KEYS, type ReadyHint } from '../keys/ready-hint.ts';
import type { ObjectStore } from '../store.ts';
import { type HintPage, type ListedHints, MAX_SPREAD } from './listed-hints.ts';
import type { HintFilter } from './ready-index.ts';
import { compareHintKeys } from './sorted-keys.ts';

/** `taken`: the job is no longer waiting, so another claim was probably faster. `skipped`: the hint is stale, or its job unwanted. */
export type HintOutcome = 'granted' | 'taken' | 'skipped';

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
  /** What became of one of them. After some that led to no job, as their jobs were another claim's, claims spread over more hints. */
  tried(filter: HintFilter, hint: ReadyHint, outcome: HintOutcome): void;
  /** Their claim is over. Until then no other claim of this process gets them. */
  close(hints: Iterable<ReadyHint>): void;
}

const PAGE = 99;
const MAX_GRANTED = 256;

interface Page {
  readonly keys: readonly string[];
  /** Null at the end of the list. */
  readonly last: string | null;
}

export function createHintPages({
  store,
  clock,
  random,
  listed,
}: {
  readonly store: ObjectStore;
  readonly clock: Pick<Clock, 'millis'>;
  readonly random: Pick<Random, 'fraction'>;
  /** What requests share. The lists under way are of this repository alone. */
  readonly listed: ListedHints;
}): HintPages {
  const listings = new Map<HintPage, Promise<Page>>();
  /** The keys that claims have. */
  const taken = new Set<string>();
  /** Of each list under way, the keys that claims had meanwhile: it may be older than what became of them. */
  const closed = new Set<Set<string>>();
  /** The jobs that this process was granted last. Other hints that they had are stale, and no other process took them. */
  const granted = new Set<string>();
  /** The list that a hint was taken from. */
  const listOf = new WeakMap<ReadyHint, number>();

  /** A page starts with the first hint that matches. The hints before it are skipped within the same list. */
  async function listPage(
    matches: (hint: ReadyHint) => boolean,
    { nameHash: tag }: HintFilter,
  ): Promise<Page> {
    const hints: ReadyHint[] = [];
    let length = 0;
    const over = new Set<string>();
    closed.add(over);
    try {
      let last: string | null = null;
      for await (const { key } of store.list(READY_KEYS, READY_KEYS, { labels: false, tag })) {
        const hint = parseReadyKey(key);
        if (hint !== null && matches(hint)) hints.push(hint);
        if (hints.length > 0) length += 1;
        if (length === PAGE) {
          last = key;
          break;
        }
      }
      const free = hints.filter(({ key }) => !taken.has(key) && !over.has(key));
      return { keys: sortedKeys(free), last };
    } finally {
      closed.delete(over);
    }
  }

  /** Claims that need the first page at the same time share one list, and each takes a part of it. */
  function listFirstPage(
    page: HintPage,
    matches: (hint: ReadyHint) => boolean,
    filter: HintFilter,
  ): Promise<Page> {
    const underWay = listings.get(page);
    if (underWay !== undefined) return underWay;
    const listing = listPage(matches, filter)
      .then(first => {
        listed.fill(page, first.keys, clock.millis());
        return first;
      })
      .finally(() => listings.delete(page));
    listings.set(page, listing);
    return listing;
  }

  function pageOf({ nameHash, safePrefix }: HintFilter): HintPage {
    return listed.of(JSON.stringify([nameHash, safePrefix]), clock.millis());
  }

  function takeKey(page: HintPage): string | undefined {
    const { keys, spread } = page;
    page.left -= 1;
    if (spread === 1 || keys.length < 2) return keys.shift();
    const [key] = keys.splice(Math.floor(random.fraction() * Math.min(spread, keys.length)), 1);
    return key;
  }

  /** Whether the hint is this claim's from now on, until it is closed. */
  function take({ key }: ReadyHint): boolean {
    if (taken.has(key)) return false;
    taken.add(key);
    return true;
  }

  function* takeAll(page: HintPage): Generator<ReadyHint> {
    // Another claim may take a key between two hints.
    for (let key = takeKey(page); key !== undefined; key = takeKey(page)) {
      const hint = parseReadyKey(key);
      if (hint === null || !take(hint)) continue;
      listOf.set(hint, page.lists);
      yield hint;
    }
  }

  /** Those before the hints are to be listed again. */
  function* takeFirst(page: HintPage): Generator<ReadyHint> {
    for (const hint of takeAll(page)) {
      yield hint;
      if (page.left <= 0) return;
    }
  }

  function recordGrant(jobKey: string): void {
    granted.delete(jobKey);
    granted.add(ownText(jobKey));
    const [oldest] = granted;
    if (granted.size > MAX_GRANTED && oldest !== undefined) granted.delete(oldest);
  }

  /** Another process has claimed the job of a hint. What was listed with it is as old. */
  function lose(page: HintPage, hint: ReadyHint): void {
    const isOld = page.order.lost(hint.key, {
      nowMs: clock.millis(),
      fraction: random.fraction(),
    });
    if (isOld && listOf.get(hint) === page.lists) page.left = 0;
  }

  return {
    tried(filter, hint, outcome) {
      const page = pageOf(filter);
      if (!listed.isShared) {
        // A stale hint tells of no other process, and must not change the order.
        if (outcome === 'taken' && !granted.has(hint.jobKey)) lose(page, hint);
        if (outcome === 'granted') recordGrant(hint.jobKey);
        return;
      }
      page.spread =
        outcome === 'granted'
          ? Math.max(1, page.spread - 1)
          : Math.min(MAX_SPREAD, page.spread * 2);
    },

    async *candidates(filter) {
      const page = pageOf(filter);
      const matches = (hint: ReadyHint) => isWanted(hint, filter);
      if (page.left > 0) yield* takeFirst(page);
      const { last } = await listFirstPage(page, matches, filter);
      yield* takeAll(page);
      if (last === null) return;
      // A claim that found nothing on the first page lists all the other hints.
      for await (const { key } of store.list(READY_KEYS, last, {
        labels: false,
        tag: filter.nameHash,
      })) {
        const hint = parseReadyKey(key);
        if (hint !== null && matches(hint) && take(hint)) yield hint;
      }
    },

    close(hints) {
      for (const { key } of hints) {
        taken.delete(key);
        for (const over of closed) over.add(key);
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
