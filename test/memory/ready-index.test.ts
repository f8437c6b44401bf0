import { describe, expect, it } from 'vitest';
import { MEMORY_BOUNDS } from '../../lib/base/memory-bounds.ts';
import type { Timestamp } from '../../lib/base/timestamp.ts';
import { hintKey } from '../../lib/keys/ready-hint.ts';
import { createFollowedIndex } from '../../lib/ready/followed-index.ts';
import { createReadyIndex, type ReadyIndex } from '../../lib/ready/ready-index.ts';
import type { NameFollower } from '../../lib/store.ts';
import { createNameFollower } from '../../lib/stores/binding/name-follower.ts';
import { createFileStore } from '../../lib/stores/file.ts';
import { frozenClock } from '../support/clock.ts';
import { makeFolder } from '../support/folder.ts';
import { growthOf } from '../support/heap.ts';

const HINTS = 20_000;
/** To write a file takes longer than to remember a hint. */
const FILES = 4000;
const ANY = { nameHash: null, safePrefix: '' };

/** A hint of a job with a long id, which is a fourth of what an id may have. */
function keyOf(index: number, nameHash: string): string {
  const time = `2026-03-04T05:06:07.${String(index).padStart(6, '0')}Z` as Timestamp;
  const jobId = `customer-import-of-the-night-${String(index).padStart(21, '0')}`;
  return hintKey({ jobId, nameHash, since: time, changeAt: time });
}

function hashOf(index: number): string {
  return index.toString(16).padStart(12, '0');
}

function filled(keys: (index: number) => string): ReadyIndex {
  const index = createReadyIndex(frozenClock());
  for (let at = 0; at < HINTS; at += 1) index.add(keys(at));
  return index;
}

describe('the index of ready hints', () => {
  it.each([
    ['of one name', (index: number) => keyOf(index, 'abcdefabcdef')],
    ['of a name each', (index: number) => keyOf(index, hashOf(index))],
  ])('has at most its bound for each hint %s', async (_what, keys) => {
    filled(keys);
    let index: ReadyIndex | null = null;
    const growth = await growthOf(async () => {
      index = filled(keys);
    });
    expect(index).not.toBeNull();
    expect(growth / HINTS).toBeLessThan(MEMORY_BOUNDS.readyIndex.bytes);
    expect(growth / HINTS).toBeGreaterThan(50);
  });

  it('keeps nothing of hints that are gone', async () => {
    const index = createReadyIndex(frozenClock());
    const cycle = () => {
      for (let at = 0; at < HINTS; at += 1) index.add(keyOf(at, hashOf(at)));
      for (let at = 0; at < HINTS / 2; at += 1) index.take(ANY);
      for (let at = 0; at < HINTS; at += 1) index.remove(keyOf(at, hashOf(at)));
    };
    cycle();
    const growth = await growthOf(async () => cycle());
    expect(index.has(ANY)).toBe(false);
    expect(growth).toBeLessThan(HINTS * 25);
  });
});

describe('a follower of names', () => {
  async function heldBy(follower: NameFollower, hints: number): Promise<number> {
    const index = createReadyIndex(frozenClock());
    const followed = createFollowedIndex(index, follower, frozenClock());
    const growth = await growthOf(() => followed.refresh());
    expect(index.has(ANY)).toBe(true);
    return growth / hints;
  }

  it('has at most its bound for each file, beside the index', async () => {
    const folder = await makeFolder();
    const store = await folder.open();
    const empty = new Uint8Array();
    for (let at = 0; at < FILES; at += 100) {
      const keys = Array.from({ length: 100 }, (_, own) => keyOf(at + own, 'abcdefabcdef'));
      await Promise.all(keys.map(key => store.put(key, empty, { kind: 'none' })));
    }
    const { bytes } = MEMORY_BOUNDS.fileNames;
    const fresh = await createFileStore({ directory: folder.path, now: Date.now, random: () => 0 });
    const held = await heldBy(fresh.followNames('ready/'), FILES);
    await fresh.close();
    expect(held).toBeLessThan(bytes + MEMORY_BOUNDS.readyIndex.bytes);
  });

  it('has at most its bound for each listed object, beside the index', async () => {
    const list = async function* () {
      for (let at = 0; at < HINTS; at += 1) yield { key: keyOf(at, 'abcdefabcdef') };
    };
    const { bytes } = MEMORY_BOUNDS.objectNames;
    expect(await heldBy(createNameFollower(list), HINTS)).toBeLessThan(
      bytes + MEMORY_BOUNDS.readyIndex.bytes,
    );
  });
});
