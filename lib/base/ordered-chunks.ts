/** Negative where `left` comes first. Zero only for one and the same item. */
export type Compare<Item> = (left: Item, right: Item) => number;

/** Items in order. Never changed in place: a change gives another one, which shares all chunks but one or two. */
export interface OrderedChunks<Item> {
  /** None is empty. */
  readonly chunks: readonly (readonly Item[])[];
  readonly size: number;
}

/** A place before an item, or at the end. */
export interface ChunkPlace {
  readonly chunk: number;
  readonly at: number;
}

export const MOST_A_CHUNK = 1_024;
/** A chunk with fewer items is joined with a neighbour, if both fit into one. */
const FEW_A_CHUNK = MOST_A_CHUNK / 4;

export function chunksOf<Item>(sorted: readonly Item[]): OrderedChunks<Item> {
  const chunks: Item[][] = [];
  for (let at = 0; at < sorted.length; at += MOST_A_CHUNK) {
    chunks.push(sorted.slice(at, at + MOST_A_CHUNK));
  }
  return { chunks, size: sorted.length };
}

/** The place of the first item that `isBefore` does not take. It takes the first items, and none behind them. */
export function findPlace<Item>(
  { chunks }: Pick<OrderedChunks<Item>, 'chunks'>,
  isBefore: (item: Item) => boolean,
): ChunkPlace {
  const chunk = countOf(chunks, items => {
    const last = items.at(-1);
    return last !== undefined && isBefore(last);
  });
  return { chunk, at: countOf(chunks[chunk] ?? [], isBefore) };
}

/** How many of the first items `isBefore` takes. */
function countOf<Item>(items: readonly Item[], isBefore: (item: Item) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item !== undefined && isBefore(item)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How many items are before the place. */
export function offsetOf({ chunks }: OrderedChunks<unknown>, { chunk, at }: ChunkPlace): number {
  let offset = at;
  for (let index = 0; index < chunk; index += 1) offset += chunks[index]?.length ?? 0;
  return offset;
}

/** The items behind the place, or those before it, the nearest first. The result gives one at each call. */
export function walkFrom<Item>(
  { chunks }: OrderedChunks<Item>,
  place: ChunkPlace,
  direction: 'forward' | 'backward',
): () => Item | undefined {
  let { chunk, at } = place;
  let items = chunks[chunk] ?? [];
  if (direction === 'forward') {
    return () => {
      if (at === items.length) {
        chunk += 1;
        items = chunks[chunk] ?? [];
        at = 0;
      }
      const item = items[at];
      if (item !== undefined) at += 1;
      return item;
    };
  }
  return () => {
    if (at === 0) {
      chunk -= 1;
      items = chunks[chunk] ?? [];
      at = items.length;
    }
    at -= 1;
    return items[at];
  };
}

/** Without the removed items and with the added ones. A removed item that is not there counts for nothing. */
export function changeChunks<Item extends object>(
  { chunks: before, size: sizeBefore }: OrderedChunks<Item>,
  compare: Compare<Item>,
  { removed, added }: { readonly removed: Iterable<Item>; readonly added: Iterable<Item> },
): OrderedChunks<Item> {
  const chunks: (readonly Item[])[] = before.slice();
  /** Those that were made here, and may be changed. */
  const own = new Map<readonly Item[], Item[]>();
  let size = sizeBefore;

  function placeOf(item: Item): ChunkPlace {
    return findPlace({ chunks }, other => compare(other, item) < 0);
  }

  function replace(index: number, count: number, items: readonly Item[][]): void {
    for (const chunk of items) own.set(chunk, chunk);
    chunks.splice(index, count, ...items);
  }

  function ownChunk(index: number): Item[] {
    const chunk = chunks[index] ?? [];
    const known = own.get(chunk);
    if (known !== undefined) return known;
    const copy = chunk.slice();
    replace(index, 1, [copy]);
    return copy;
  }

  function remove(item: Item): void {
    const { chunk: index, at } = placeOf(item);
    if (chunks[index]?.[at] !== item) return;
    const chunk = ownChunk(index);
    chunk.splice(at, 1);
    size -= 1;
    if (chunk.length === 0) chunks.splice(index, 1);
    else if (chunk.length < FEW_A_CHUNK && !isJoined(index)) isJoined(index - 1);
  }

  /** Joins a chunk with the next one. */
  function isJoined(index: number): boolean {
    const [chunk, next] = index < 0 ? [] : chunks.slice(index, index + 2);
    if (chunk === undefined || next === undefined) return false;
    if (chunk.length + next.length > MOST_A_CHUNK) return false;
    replace(index, 2, [chunk.concat(next)]);
    return true;
  }

  function add(item: Item): void {
    const { chunk: index, at } = placeOf(item);
    size += 1;
    if (index === chunks.length) {
      append(item);
      return;
    }
    const chunk = ownChunk(index);
    chunk.splice(at, 0, item);
    if (chunk.length <= MOST_A_CHUNK) return;
    const half = chunk.length >> 1;
    replace(index, 1, [chunk.slice(0, half), chunk.slice(half)]);
  }

  /** Leaves the last chunk full, because most items are added behind it. */
  function append(item: Item): void {
    const last = chunks.length - 1;
    if (last < 0 || (chunks[last] ?? []).length >= MOST_A_CHUNK) replace(last + 1, 0, [[item]]);
    else ownChunk(last).push(item);
  }

  for (const item of removed) remove(item);
  for (const item of added) add(item);
  return { chunks, size };
}
