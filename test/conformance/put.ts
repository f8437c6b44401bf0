import { describe, expect, it } from 'vitest';
import type { StoreTraits, Version } from '../../lib/store.ts';
import { ABSENT, atVersion, UNCONDITIONAL } from '../../lib/store.ts';
import { bodyOf, largeBody, sameBytes, textOf } from './body.ts';
import type { OpenMedium } from './medium.ts';
import { write } from './write.ts';
import { WRITES } from './writes.ts';

const KEY = 'jobs/a.json';
/** No store mints this. */
const NEVER = 'never' as Version;

export function specifyPut(medium: OpenMedium, traits: StoreTraits): void {
  describe('put()', () => {
    it('put() mints a version that is valid in an ETag', async () => {
      expect(await write(medium().left, KEY, 'one')).toMatch(/^[\x21\x23-\x5b\x5d-\x7e]+$/);
    });

    it(`put() mints a new version for each of ${WRITES} bodies of one size`, async () => {
      const versions = new Set<string>();
      for (let count = 0; count < WRITES; count += 1) {
        versions.add(await write(medium().left, KEY, String(100 + count)));
      }
      expect(versions.size).toBe(WRITES);
    });

    it('put() stores when it expects absence and nothing is stored', async () => {
      expect(await medium().left.put(KEY, bodyOf('one'), ABSENT)).not.toBeNull();
      expect(textOf((await medium().right.get(KEY))?.body)).toBe('one');
    });

    it('put() returns null and keeps the object when it expects absence and an object is stored', async () => {
      await write(medium().left, KEY, 'one');
      expect(await medium().right.put(KEY, bodyOf('two'), ABSENT)).toBeNull();
      expect(textOf((await medium().left.get(KEY))?.body)).toBe('one');
    });

    it('put() of an ordered object keeps to the precondition, and every handle sees it', async () => {
      for (const text of ['', 'one']) {
        const key = `leases/a.${text.length}.json`;
        const put = (body: string, precondition = ABSENT) =>
          medium().left.put(key, bodyOf(body), precondition, undefined, 'ordered');
        expect(await put(text)).not.toBeNull();
        const version = await medium().right.head(key);
        expect(textOf((await medium().right.get(key))?.body)).toBe(text);
        expect(await put('other')).toBeNull();
        await write(medium().right, key, 'two');
        expect(await put('three', atVersion(version ?? NEVER))).toBeNull();
        expect(textOf((await medium().right.get(key))?.body)).toBe('two');
        expect(await put('four', UNCONDITIONAL)).not.toBeNull();
        expect(textOf((await medium().right.get(key))?.body)).toBe('four');
      }
    });

    it('put() stores parts one after the other, also a large body, many and empty ones', async () => {
      const body = largeBody(300_000);
      const cuts = [0, 0, 1, 70_000, 70_000, 70_003, 299_999, 300_000];
      const parts = cuts.map((from, index) => body.subarray(from, cuts[index + 1] ?? from));
      const bytes = Array.from(body.subarray(0, 2000), byte => Uint8Array.of(byte));
      for (const [stored, whole] of [
        [parts, body],
        [bytes, body.subarray(0, 2000)],
        [[bodyOf('one'), bodyOf(' two')], bodyOf('one two')],
        [[], bodyOf('')],
      ] as const) {
        const before = await medium().left.head(KEY);
        const version = await medium().left.put(
          KEY,
          stored,
          before === null ? ABSENT : atVersion(before),
        );
        expect(version).not.toBeNull();
        const found = await medium().right.get(KEY);
        expect(found?.version).toBe(version);
        expect(sameBytes(found?.body ?? bodyOf('none'), whole)).toBe(true);
      }
    });

    it('put() stores when it expects absence and the object was deleted', async () => {
      await write(medium().left, KEY, 'one');
      await medium().left.delete(KEY, UNCONDITIONAL);
      expect(await medium().right.put(KEY, bodyOf('two'), ABSENT)).not.toBeNull();
    });

    it('put() stores when the expected version is the stored one', async () => {
      const first = await write(medium().left, KEY, 'one');
      const second = await medium().right.put(KEY, bodyOf('two'), atVersion(first));
      expect(await medium().left.head(KEY)).toBe(second);
      expect(textOf((await medium().left.get(KEY))?.body)).toBe('two');
    });

    it('put() returns null and keeps the object when the expected version is stale', async () => {
      const first = await write(medium().left, KEY, 'one');
      await write(medium().left, KEY, 'two');
      expect(await medium().right.put(KEY, bodyOf('six'), atVersion(first))).toBeNull();
      expect(textOf((await medium().left.get(KEY))?.body)).toBe('two');
    });

    it('put() returns null when it expects a version and nothing is stored', async () => {
      const first = await write(medium().left, KEY, 'one');
      await medium().left.delete(KEY, UNCONDITIONAL);
      expect(await medium().right.put(KEY, bodyOf('two'), atVersion(first))).toBeNull();
      expect(await medium().left.get(KEY)).toBeNull();
    });

    it('put() distinguishes keys that differ only in the folder', async () => {
      await write(medium().left, 'leases/a.json', 'lease');
      await write(medium().left, 'jobs/a.json', 'job');
      expect(textOf((await medium().right.get('leases/a.json'))?.body)).toBe('lease');
    });

    describe.runIf(traits.distinctVersions)('distinct versions', () => {
      it('put() mints a new version when the same bytes are put again', async () => {
        const first = await write(medium().left, KEY, 'one');
        expect(await write(medium().right, KEY, 'one')).not.toBe(first);
      });

      it('put() refuses the first version when the first bytes are back (a, b, a)', async () => {
        const first = await write(medium().left, KEY, 'a');
        await write(medium().right, KEY, 'b');
        await write(medium().left, KEY, 'a');
        expect(await medium().right.put(KEY, bodyOf('c'), atVersion(first))).toBeNull();
      });

      it('put() refuses the first version when the first bytes are back after a delete', async () => {
        const first = await write(medium().left, KEY, 'a');
        await medium().right.delete(KEY, UNCONDITIONAL);
        await write(medium().left, KEY, 'a');
        expect(await medium().right.put(KEY, bodyOf('c'), atVersion(first))).toBeNull();
      });
    });

    describe.runIf(!traits.distinctVersions)('versions of contents', () => {
      it('put() mints the same version for equal bytes', async () => {
        const first = await write(medium().left, KEY, 'one');
        expect(await write(medium().right, KEY, 'one')).toBe(first);
      });

      it('put() accepts the first version when the first bytes are back (a, b, a)', async () => {
        const first = await write(medium().left, KEY, 'a');
        await write(medium().right, KEY, 'b');
        await write(medium().left, KEY, 'a');
        expect(await medium().right.put(KEY, bodyOf('c'), atVersion(first))).not.toBeNull();
        expect(textOf((await medium().left.get(KEY))?.body)).toBe('c');
      });

      it('put() accepts the first version when the first bytes are back after a delete', async () => {
        const first = await write(medium().left, KEY, 'a');
        await medium().right.delete(KEY, UNCONDITIONAL);
        await write(medium().left, KEY, 'a');
        expect(await medium().right.put(KEY, bodyOf('c'), atVersion(first))).not.toBeNull();
      });
    });
  });
}
