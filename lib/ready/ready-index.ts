import type { Clock } from '../base/clock.ts';
import { ownText } from '../base/own-text.ts';
import { type Timestamp, toUnixMicros } from '../base/timestamp.ts';
import { safeNameOf } from '../keys/job-id.ts';
import { parseReadyKey, type ReadyHint } from '../keys/ready-hint.ts';
import { compareHintKeys, createSortedKeys, type SortedKeys } from './sorted-keys.ts';

/** Which hints a claim wants. */
export interface HintFilter {
  /** Null for any name. Hints of earlier versions, which have no hash, match any name. */
  readonly nameHash: string | null;
  /** The start of the safe name of the job; empty for all jobs. */
  readonly safePrefix: string;
}

/**
 * All hints in memory, by name and in the order of the queue. A hint is available, taken by one claim, or delayed. To
 * take the oldest hint of a name costs the same with any number of others.
 */
export interface ReadyIndex {
  add(key: string): void;
  /** How many hints have come so far, or were delayed and are not any more. One that is given back does not count again. */
  arrivals(): number;
  remove(key: string): void;
  /** Whether `take` would return a hint. */
  has(filter: HintFilter): boolean;
  /** Takes the oldest available hint; null if there is none. */
  take(filter: HintFilter): ReadyHint | null;
  /** Whether a claim has taken this hint and not given it back. */
  isTaken(key: string): boolean;
  /** Makes a taken hint available again, at once or from a time on. Does nothing if the hint was removed. */
  giveBack(key: string, until: Timestamp | null): void;
  /** Up to `limit` available hints of other names than that of the filter, after a key, and then from the start. */
  others(filter: HintFilter, after: string, limit: number): readonly ReadyHint[];
  /** All hints, in no order. */
  keys(): Iterable<string>;
  /** When the first delayed hint becomes available at the earliest, in microseconds since 1970; null if none is delayed. */
  nextDue(): bigint | null;
}

/** The hints of the jobs whose safe name starts with one text. */
interface Shelf {
  readonly all: SortedKeys;
  /** The only key of a name, or all of them. */
  readonly byName: Map<string, string | SortedKeys>;
}

/** For hints without a hash. */
const NO_NAME = '';
const LONGEST_DELAY_MICROS = 60_000_000n;
/** So many prefixes have a shelf of their own. Another one replaces the one that was used least recently. */
const MAX_PREFIXES = 50;

export function createReadyIndex(clock: Pick<Clock, 'now'>): ReadyIndex {
  const everything = createShelf();
  const prefixes = new Map<string, Shelf>();
  const taken = new Set<string>();
  const delayed = new Map<string, bigint>();
  /** Not later than the end of any delay. */
  let firstDueAt: bigint | null = null;
  let arrivals = 0;

  function shelfFor(prefix: string): Shelf {
    if (prefix === '') return everything;
    const shelf = prefixes.get(prefix) ?? fill(prefix);
    prefixes.delete(prefix);
    prefixes.set(ownText(prefix), shelf);
    const unused = prefixes.keys().next().value;
    if (prefixes.size > MAX_PREFIXES && unused !== undefined) prefixes.delete(unused);
    return shelf;
  }

  function fill(prefix: string): Shelf {
    const shelf = createShelf();
    for (const key of everything.all.keys()) {
      const hint = key.startsWith(prefix, key.indexOf('~') + 1) ? parseReadyKey(key) : null;
      if (hint !== null) put(shelf, hint);
    }
    return shelf;
  }

  function shelvesOf(hint: ReadyHint): Shelf[] {
    if (prefixes.size === 0) return [everything];
    const name = safeNameOf(hint.jobKey);
    const own = [...prefixes].flatMap(([prefix, shelf]) =>
      name.startsWith(prefix) ? [shelf] : [],
    );
    return [everything, ...own];
  }

  function insert(hint: ReadyHint): void {
    for (const shelf of shelvesOf(hint)) put(shelf, hint);
  }

  function makeDueAvailable(): void {
    if (firstDueAt === null) return;
    const now = toUnixMicros(clock.now());
    if (isDelayed(firstDueAt, now)) return;
    firstDueAt = null;
    for (const [key, dueAt] of delayed) {
      if (isDelayed(dueAt, now)) {
        firstDueAt = earlier(firstDueAt, dueAt);
        continue;
      }
      delayed.delete(key);
      const hint = parseReadyKey(key);
      if (hint !== null) insert(hint);
      arrivals += 1;
    }
  }

  function oldest({ nameHash, safePrefix }: HintFilter): string | undefined {
    makeDueAvailable();
    const { all, byName } = shelfFor(safePrefix);
    if (nameHash === null) return all.first();
    const named = firstOf(byName.get(nameHash));
    const nameless = firstOf(byName.get(NO_NAME));
    if (named === undefined || nameless === undefined) return named ?? nameless;
    return compareHintKeys(named, nameless) < 0 ? named : nameless;
  }

  return {
    add(key) {
      if (taken.has(key) || delayed.has(key)) return;
      const own = ownText(key);
      const hint = parseReadyKey(own);
      if (hint === null) return;
      const before = everything.all.size;
      insert(hint);
      arrivals += everything.all.size - before;
    },

    arrivals: () => arrivals,

    remove(key) {
      if (taken.delete(key) || delayed.delete(key)) return;
      const hint = parseReadyKey(key);
      if (hint === null) return;
      for (const shelf of shelvesOf(hint)) drop(shelf, hint);
    },

    has: filter => oldest(filter) !== undefined,

    take(filter) {
      const key = oldest(filter);
      const hint = key === undefined ? null : parseReadyKey(key);
      if (hint === null) return null;
      for (const shelf of shelvesOf(hint)) drop(shelf, hint);
      taken.add(hint.key);
      return hint;
    },

    isTaken: key => taken.has(key),

    giveBack(key, until) {
      if (!taken.delete(key)) return;
      const hint = parseReadyKey(key);
      if (hint === null) return;
      if (until === null) insert(hint);
      else {
        const dueAt = toUnixMicros(until);
        delayed.set(key, dueAt);
        firstDueAt = earlier(firstDueAt, dueAt);
      }
    },

    others({ nameHash, safePrefix }, after, limit) {
      const { all } = shelfFor(safePrefix);
      const found: ReadyHint[] = [];
      for (const keys of [all.keys(after), all.keys()]) {
        for (const key of keys) {
          if (found.length === limit) return found;
          const hint = parseReadyKey(key);
          const isOther = hint !== null && hint.nameHash !== null && hint.nameHash !== nameHash;
          if (isOther && !found.some(other => other.key === key)) found.push(hint);
        }
      }
      return found;
    },

    *keys() {
      yield* everything.all.keys();
      yield* taken;
      yield* delayed.keys();
    },

    nextDue: () => firstDueAt,
  };
}

/** No delay is longer than a minute. If more is left, the clock was set back. */
function isDelayed(dueAt: bigint, now: bigint): boolean {
  return dueAt > now && dueAt <= now + LONGEST_DELAY_MICROS;
}

function earlier(left: bigint | null, right: bigint): bigint {
  return left !== null && left < right ? left : right;
}

function createShelf(): Shelf {
  return { all: createSortedKeys(), byName: new Map() };
}

function put({ all, byName }: Shelf, { key, nameHash }: ReadyHint): void {
  all.insert(key);
  const name = nameHash ?? NO_NAME;
  const named = byName.get(name);
  if (typeof named === 'object') return named.insert(key);
  if (named === key) return;
  if (named === undefined) {
    // The hash is a part of the text of the key. A map that kept that part would keep the key.
    byName.set(ownText(name), key);
    return;
  }
  const several = createSortedKeys();
  several.insert(named);
  several.insert(key);
  byName.set(ownText(name), several);
}

function drop({ all, byName }: Shelf, { key, nameHash }: ReadyHint): void {
  if (!all.remove(key)) return;
  const name = nameHash ?? NO_NAME;
  const named = byName.get(name);
  if (typeof named === 'object') named.remove(key);
  if (named === key || (typeof named === 'object' && named.size === 0)) byName.delete(name);
}

function firstOf(keys: string | SortedKeys | undefined): string | undefined {
  return typeof keys === 'object' ? keys.first() : keys;
}
