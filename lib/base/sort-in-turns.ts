import { yieldToEventLoop } from './event-loop-turn.ts';

/** So many items are sorted or merged in one turn of the event loop: a few milliseconds. */
const ITEMS_A_TURN = 5_000;

/** The items in order. Lets the event loop run in between. The items may change meanwhile: it sorts a copy. */
export async function sortInTurns<Item>(
  items: Iterable<Item>,
  compare: (left: Item, right: Item) => number,
): Promise<Item[]> {
  const copy = [...items];
  let runs: Item[][] = [];
  for (let at = 0; at < copy.length; at += ITEMS_A_TURN) {
    if (at > 0) await yieldToEventLoop();
    runs.push(copy.slice(at, at + ITEMS_A_TURN).toSorted(compare));
  }
  while (runs.length > 1) {
    const merged: Item[][] = [];
    for (let at = 0; at < runs.length; at += 2) {
      merged.push(await merge(runs[at] ?? [], runs[at + 1] ?? [], compare));
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

/** Fewer are sorted as fast by comparing. */
const MIN_SORTED_BY_NUMBER = 1_000;
/** More would stop the event loop for more than a tenth of a second. */
const MAX_SORTED_BY_NUMBER = 1_000_000;
const EXACT = 2 ** 52;

/**
 * As `sortInTurns`, for items that are first of all in the order of a number. The engine sorts the numbers, each with the
 * place of its item in its last digits, so that only items with nearly the same number are compared.
 */
export async function sortByNumber<Item extends object>(
  items: Iterable<Item>,
  numberOf: (item: Item) => number,
  compare: (left: Item, right: Item) => number,
): Promise<Item[]> {
  const copy = [...items];
  const { least, unit, places } = scaleOf(copy, numberOf);
  const isFit = copy.length >= MIN_SORTED_BY_NUMBER && copy.length <= MAX_SORTED_BY_NUMBER;
  if (!isFit || !Number.isFinite(unit)) return sortInTurns(copy, compare);
  const keys = new Float64Array(copy.length);
  for (const [place, item] of copy.entries()) {
    keys[place] = Math.floor((numberOf(item) - least) / unit) * places + place;
  }
  await yieldToEventLoop();
  keys.sort();

  const sorted: Item[] = [];
  let group: Item[] = [];
  let slot = -1;
  for (const [at, key] of keys.entries()) {
    const place = key % places;
    if (key - place !== slot) {
      if (group.length > 1) group = await sortInTurns(group, compare);
      for (const item of group) sorted.push(item);
      group = [];
      slot = key - place;
    }
    const item = copy[place];
    if (item !== undefined) group.push(item);
    if (at % ITEMS_A_TURN === ITEMS_A_TURN - 1) await yieldToEventLoop();
  }
  for (const item of await sortInTurns(group, compare)) sorted.push(item);
  return sorted;
}

function scaleOf<Item>(
  items: readonly Item[],
  numberOf: (item: Item) => number,
): { readonly least: number; readonly unit: number; readonly places: number } {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const item of items) {
    const number = numberOf(item);
    if (number < least) least = number;
    if (number > most) most = number;
  }
  const places = 2 ** Math.ceil(Math.log2(Math.max(items.length, 1)));
  return { least, places, unit: Math.max(1, ((most - least + 1) * places) / EXACT) };
}

/** Both are in order. */
async function merge<Item>(
  left: readonly Item[],
  right: readonly Item[],
  compare: (left: Item, right: Item) => number,
): Promise<Item[]> {
  const merged: Item[] = [];
  let rightAt = 0;
  for (const item of left) {
    for (let other = right[rightAt]; other !== undefined; other = right[rightAt]) {
      if (compare(item, other) <= 0) break;
      merged.push(other);
      rightAt += 1;
      if (merged.length % ITEMS_A_TURN === 0) await yieldToEventLoop();
    }
    merged.push(item);
    if (merged.length % ITEMS_A_TURN === 0) await yieldToEventLoop();
  }
  return merged.concat(right.slice(rightAt));
}
