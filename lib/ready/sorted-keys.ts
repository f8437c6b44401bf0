/**
 * Keys of hints in the order of the queue, in chunks: to insert or remove one moves at most a chunk. An entry costs a
 * reference to its text.
 */
export interface SortedKeys {
  readonly size: number;
  /** Does nothing if the key is there. */
  insert(key: string): void;
  /** False if the key is not there. */
  remove(key: string): boolean;
  first(): string | undefined;
  /** All keys, or those after a key, which need not be there. The keys must not change meanwhile. */
  keys(after?: string): Generator<string>;
}

const LONGEST_CHUNK = 128;
/** `ready/` and `since`, which has a fixed width. */
const SINCE_END = 'ready/'.length + '20000101T000000.000000Z'.length;

/** By `since`. Jobs that started to wait in the same microsecond are ordered by their names. */
export function compareHintKeys(left: string, right: string): number {
  if (left === right) return 0;
  // The last digit of `since` nearly always says that they differ, without a copy of a part.
  const mayTie = left.charCodeAt(SINCE_END - 2) === right.charCodeAt(SINCE_END - 2);
  if (mayTie && left.slice(0, SINCE_END) === right.slice(0, SINCE_END)) {
    const leftName = left.slice(left.indexOf('~'));
    const rightName = right.slice(right.indexOf('~'));
    if (leftName !== rightName) return leftName < rightName ? -1 : 1;
  }
  return left < right ? -1 : 1;
}

export function createSortedKeys(): SortedKeys {
  // No chunk is empty.
  const chunks: string[][] = [];
  let size = 0;

  /** The first chunk that ends with the key or behind it; the number of chunks if there is none. */
  function chunkFor(key: string): number {
    let low = 0;
    let high = chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const last = chunks[middle]?.at(-1);
      if (last !== undefined && compareHintKeys(last, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  return {
    get size() {
      return size;
    },

    insert(key) {
      // Behind all others, where most new hints belong, it goes to the last chunk.
      const at = Math.min(chunkFor(key), Math.max(0, chunks.length - 1));
      const chunk = chunks[at];
      if (chunk === undefined) {
        chunks.push([key]);
        size = 1;
        return;
      }
      const place = placeIn(chunk, key);
      if (chunk[place] === key) return;
      size += 1;
      chunk.splice(place, 0, key);
      if (chunk.length <= LONGEST_CHUNK) return;
      // Full chunks stay behind where keys come in order.
      const kept = place === LONGEST_CHUNK ? LONGEST_CHUNK : LONGEST_CHUNK / 2;
      chunks.splice(at + 1, 0, chunk.splice(kept));
    },

    remove(key) {
      const at = chunkFor(key);
      const chunk = chunks[at];
      if (chunk === undefined) return false;
      const place = placeIn(chunk, key);
      if (chunk[place] !== key) return false;
      size -= 1;
      chunk.splice(place, 1);
      if (chunk.length === 0) chunks.splice(at, 1);
      return true;
    },

    first: () => chunks[0]?.[0],

    *keys(after) {
      let at = after === undefined ? 0 : chunkFor(after);
      let place = after === undefined ? 0 : placeIn(chunks[at] ?? [], after);
      for (; at < chunks.length; at += 1, place = 0) {
        const chunk = chunks[at] ?? [];
        for (; place < chunk.length; place += 1) {
          const key = chunk[place];
          if (key !== undefined && key !== after) yield key;
        }
      }
    },
  };
}

/** The index of the first key of a chunk that does not come before `key`. */
function placeIn(chunk: readonly string[], key: string): number {
  let low = 0;
  let high = chunk.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const entry = chunk[middle];
    if (entry !== undefined && compareHintKeys(entry, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
