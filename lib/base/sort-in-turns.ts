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
