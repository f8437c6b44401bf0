import { describe, expect, it } from 'vitest';
import {
  changeChunks,
  chunksOf,
  findPlace,
  MOST_A_CHUNK,
  type OrderedChunks,
  offsetOf,
  walkFrom,
} from '../../lib/base/ordered-chunks.ts';
import { seededRandom } from '../support/random.ts';

interface Item {
  readonly at: number;
}

const compare = (left: Item, right: Item) => left.at - right.at;
const NONE = { removed: [], added: [] };

function itemsUpTo(count: number): Item[] {
  return Array.from({ length: count }, (_, at) => ({ at }));
}

function flat<T>({ chunks }: OrderedChunks<T>): readonly T[] {
  return chunks.flat();
}

/** The chunks that the other one does not share. */
function copiedIn(after: OrderedChunks<Item>, before: OrderedChunks<Item>): number {
  return after.chunks.filter(chunk => !before.chunks.includes(chunk)).length;
}

describe('changeChunks()', () => {
  it.each([1, 2, 3])('has the items of a sorted list after random changes, seed %i', seed => {
    const random = seededRandom(seed);
    const below = (count: number) => Math.floor(random.fraction() * count);
    const model = new Map<number, Item>();
    let chunks = chunksOf<Item>([]);
    for (let step = 0; step < 120; step += 1) {
      const before = flat(chunks);
      const removed = [...model.values()].filter(() => random.fraction() < (step % 3) * 0.25);
      for (const { at } of removed) model.delete(at);
      const added = Array.from({ length: below(400) }, () => ({ at: below(4_000) + step * 20 }));
      const fresh = added.filter(({ at }) => !model.has(at) && model.set(at, { at }) !== null);
      const own = fresh.map(({ at }) => model.get(at) ?? { at });
      const next = changeChunks(chunks, compare, { removed, added: own });
      expect(flat(chunks)).toEqual(before);
      chunks = next;
      const expected = [...model.values()].toSorted(compare);
      expect(flat(chunks)).toEqual(expected);
      expect(chunks.size).toBe(expected.length);
      expect(chunks.chunks.every(({ length }) => length > 0 && length <= MOST_A_CHUNK)).toBe(true);
    }
  });

  it('copies two chunks at most when an item moves to the end', () => {
    const items = itemsUpTo(100 * MOST_A_CHUNK);
    const before = chunksOf(items);
    const removed = items.slice(5_000, 5_001);
    const after = changeChunks(before, compare, { removed, added: [{ at: 1_000_000 }] });
    expect(after.size).toBe(before.size);
    expect(copiedIn(after, before)).toBe(2);
  });

  it('splits a full chunk', () => {
    const before = chunksOf(itemsUpTo(3 * MOST_A_CHUNK));
    const after = changeChunks(before, compare, { ...NONE, added: [{ at: 1.5 }] });
    expect(after.chunks.map(({ length }) => length)).toEqual([512, 513, 1024, 1024]);
  });

  it('joins chunks that have become small', () => {
    const items = itemsUpTo(64 * MOST_A_CHUNK);
    const removed = items.filter(({ at }) => at % 100 !== 0);
    let chunks = chunksOf(items);
    for (const item of removed)
      chunks = changeChunks(chunks, compare, { ...NONE, removed: [item] });
    expect(chunks.size).toBe(656);
    expect(chunks.chunks.length).toBeLessThanOrEqual(4);
  });

  it('leaves out the removal of an item that only compares as equal', () => {
    const before = chunksOf(itemsUpTo(3));
    const after = changeChunks(before, compare, { ...NONE, removed: [{ at: 1 }] });
    expect(flat(after)).toEqual(flat(before));
  });
});

describe('walkFrom()', () => {
  const chunks = chunksOf(itemsUpTo(2 * MOST_A_CHUNK + 3));

  it.each([0, 1, MOST_A_CHUNK, 2_000, 2 * MOST_A_CHUNK + 3])(
    'gives the items on both sides of place %i',
    at => {
      const place = findPlace(chunks, item => item.at < at);
      expect(offsetOf(chunks, place)).toBe(at);
      expect(walkFrom(chunks, place, 'forward')()?.at).toBe(at === chunks.size ? undefined : at);
      expect(walkFrom(chunks, place, 'backward')()?.at).toBe(at === 0 ? undefined : at - 1);
    },
  );

  it('gives all items, and then none', () => {
    const walk = walkFrom(chunks, { chunk: 0, at: 0 }, 'forward');
    for (let at = 0; at < chunks.size; at += 1) expect(walk()?.at).toBe(at);
    expect([walk(), walk()]).toEqual([undefined, undefined]);
  });
});
