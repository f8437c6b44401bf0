import { describe, expect, it } from 'vitest';
import { ABSENT, atVersion, UNCONDITIONAL } from '../../../lib/store.ts';
import { createKvShim } from '../../../lib/stores/deno-kv/in-memory.ts';
import type { KvLike } from '../../../lib/stores/deno-kv/kv-like.ts';
import { removeLeakedChunks } from '../../../lib/stores/deno-kv/leaked-chunks.ts';
import { largeBody, sameBytes } from '../../conformance/body.ts';
import { collect } from '../../conformance/write.ts';
import { dyingAfter, interrupted } from './dying-kv.ts';
import { storeOn } from './medium.ts';

const KEY = 'jobs/a.json';
const OLD = largeBody(900_000);
const NEW = largeBody(1_600_000);
const SMALL = largeBody(1_000);
const OTHER = largeBody(1_001);

describe('a writer that dies', () => {
  // Commits: the upload record, 3 times 12 chunks, the pointer, the removal of the old chunks.
  it.each([
    [0, OLD, 16],
    [1, OLD, 16],
    [2, OLD, 16],
    [3, OLD, 16],
    [4, OLD, 16],
    [5, NEW, 28],
    [6, NEW, 28],
  ])(
    'put() of a large body over one, dead after %i commits, leaves one of them',
    async (commits, body, entries) => {
      const kv = createKvShim({ now: Date.now });
      await storeOn(kv).put(KEY, OLD, ABSENT);
      await attempted(storeOn(dyingAfter(commits, kv)).put(KEY, NEW, UNCONDITIONAL));
      expect(await aroundCleaning(kv, body)).toEqual({ before: true, after: true, entries });
    },
  );

  // A small body is two entries: the pointer and the body.
  it.each([
    [0, OLD, 16],
    [1, SMALL, 2],
    [2, SMALL, 2],
  ])(
    'put() of a small body over a large one, dead after %i commits, leaves one of them',
    async (commits, body, entries) => {
      const kv = createKvShim({ now: Date.now });
      const version = await storeOn(kv).put(KEY, OLD, ABSENT);
      const precondition = version === null ? ABSENT : atVersion(version);
      await attempted(storeOn(dyingAfter(commits, kv)).put(KEY, SMALL, precondition));
      expect(await aroundCleaning(kv, body)).toEqual({ before: true, after: true, entries });
    },
  );

  it.each([
    [0, SMALL, 2],
    [1, OTHER, 2],
  ])(
    'put() of a small body over one, dead after %i commits, leaves one of them',
    async (commits, body, entries) => {
      const kv = createKvShim({ now: Date.now });
      await storeOn(kv).put(KEY, SMALL, ABSENT);
      await attempted(storeOn(dyingAfter(commits, kv)).put(KEY, OTHER, UNCONDITIONAL));
      expect(await aroundCleaning(kv, body)).toEqual({ before: true, after: true, entries });
    },
  );

  it.each([
    [0, SMALL, 2],
    [4, SMALL, 2],
    [5, NEW, 28],
  ])(
    'put() of a large body over a small one, dead after %i commits, leaves one of them',
    async (commits, body, entries) => {
      const kv = createKvShim({ now: Date.now });
      await storeOn(kv).put(KEY, SMALL, ABSENT);
      await attempted(storeOn(dyingAfter(commits, kv)).put(KEY, NEW, UNCONDITIONAL));
      expect(await aroundCleaning(kv, body)).toEqual({ before: true, after: true, entries });
    },
  );

  it.each([1, 2])('delete() of a large body, dead after %i commits, leaves none', async commits => {
    const kv = createKvShim({ now: Date.now });
    await storeOn(kv).put(KEY, OLD, ABSENT);
    await attempted(storeOn(dyingAfter(commits, kv)).delete(KEY, UNCONDITIONAL));
    expect(await storeOn(kv).get(KEY)).toBeNull();
    await removeLeakedChunks(kv, { olderThan: 1_001 });
    expect(await countOf(kv)).toBe(0);
  });

  it('removeLeakedChunks() finishes the work of a collector that died', async () => {
    const kv = createKvShim({ now: Date.now });
    await attempted(storeOn(dyingAfter(3, kv)).put(KEY, NEW, ABSENT));
    await attempted(removeLeakedChunks(dyingAfter(1, kv), { olderThan: 1_001 }));
    expect(await removeLeakedChunks(kv, { olderThan: 1_001 })).toBe(1);
    expect(await countOf(kv)).toBe(0);
  });

  it('removeLeakedChunks() keeps an upload that is newer', async () => {
    const kv = createKvShim({ now: Date.now });
    await attempted(storeOn(dyingAfter(3, kv)).put(KEY, NEW, ABSENT));
    expect(await removeLeakedChunks(kv, { olderThan: 1_000 })).toBe(0);
    expect(await countOf(kv)).toBe(25);
  });

  it('removeLeakedChunks() removes all of 250 uploads', async () => {
    const kv = createKvShim({ now: Date.now });
    const dead = Array.from({ length: 250 }, (_, job) =>
      attempted(storeOn(dyingAfter(1, kv)).put(`jobs/${job}`, NEW, ABSENT)),
    );
    await Promise.all(dead);
    expect(await removeLeakedChunks(kv, { olderThan: 1_001 })).toBe(250);
    expect(await countOf(kv)).toBe(0);
  });
});

describe('a collector that is too early', () => {
  it.each([1, 2, 3, 4])(
    'put() rejects and leaves nothing when its upload is removed after commit %i',
    async nth => {
      const kv = createKvShim({ now: Date.now });
      const steps = Array.from({ length: nth }, () => () => Promise.resolve(0));
      steps.push(() => removeLeakedChunks(kv, { olderThan: 1_001 }));
      const collecting = interrupted(kv, {
        beforeCommit: async () => void (await steps.shift()?.()),
      });
      await expect(storeOn(collecting).put(KEY, NEW, ABSENT)).rejects.toThrow('upload was removed');
      expect(await countOf(kv)).toBe(0);
    },
  );
});

describe('a writer that is faster than the collector', () => {
  it('removeLeakedChunks() keeps a body that was stored after its record was read', async () => {
    const kv = createKvShim({ now: Date.now });
    const uploaded = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const steps = Array.from({ length: 4 }, () => () => Promise.resolve());
    steps.push(() => {
      uploaded.resolve();
      return goOn.promise;
    });
    const slow = interrupted(kv, { beforeCommit: async () => steps.shift()?.() });
    const put = storeOn(slow).put(KEY, NEW, ABSENT);
    await uploaded.promise;
    const collecting = interrupted(kv, {
      beforeCommit: async () => {
        goOn.resolve();
        await put;
      },
    });
    expect(await removeLeakedChunks(collecting, { olderThan: 1_001 })).toBe(0);
    expect(await isStored(kv, NEW)).toBe(true);
  });
});

describe('a refused put', () => {
  it('put() removes its chunks when a rival is faster', async () => {
    const kv = createKvShim({ now: Date.now });
    const version = await storeOn(kv).put(KEY, SMALL, ABSENT);
    let commits = 0;
    const overtaken = interrupted(kv, {
      afterCommit: async () => {
        commits += 1;
        await storeOn(kv).put(KEY, SMALL, UNCONDITIONAL);
      },
    });
    const precondition = version === null ? ABSENT : atVersion(version);
    expect(await storeOn(overtaken).put(KEY, NEW, precondition)).toBeNull();
    expect(commits).toBeGreaterThan(1);
    expect(await countOf(kv)).toBe(2);
  });

  it('put() uploads nothing when a read shows that it would be refused', async () => {
    const kv = createKvShim({ now: Date.now });
    await storeOn(kv).put(KEY, SMALL, ABSENT);
    expect(await storeOn(dyingAfter(0, kv)).put(KEY, NEW, ABSENT)).toBeNull();
  });
});

/** Whether the object has that body before and after the cleaning, and how much is stored then. */
async function aroundCleaning(kv: KvLike, body: Uint8Array) {
  const before = await isStored(kv, body);
  await removeLeakedChunks(kv, { olderThan: 1_001 });
  return { before, after: await isStored(kv, body), entries: await countOf(kv) };
}

async function isStored(kv: KvLike, body: Uint8Array): Promise<boolean> {
  const object = await storeOn(kv).get(KEY);
  return sameBytes(object?.body ?? new Uint8Array(), body);
}

async function attempted(task: Promise<unknown>): Promise<void> {
  await Promise.allSettled([task]);
}

async function countOf(kv: KvLike): Promise<number> {
  return (await collect(kv.list({ prefix: [] }))).length;
}
