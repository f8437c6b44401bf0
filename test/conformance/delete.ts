import { describe, expect, it } from 'vitest';
import { ABSENT, atVersion, UNCONDITIONAL } from '../../lib/store.ts';
import type { OpenMedium } from './medium.ts';
import { write } from './write.ts';

const KEY = 'jobs/a.json';

export function specifyDelete(medium: OpenMedium): void {
  describe('delete()', () => {
    it('delete() removes the object for every handle', async () => {
      await write(medium().left, KEY, 'one');
      expect(await medium().left.delete(KEY, UNCONDITIONAL)).toBe(true);
      expect(await medium().right.get(KEY)).toBeNull();
      expect(await medium().right.head(KEY)).toBeNull();
    });

    it('delete() of an ordered object keeps to the precondition, and every handle sees it', async () => {
      const first = await write(medium().left, KEY, 'one');
      const second = await write(medium().left, KEY, 'two');
      expect(await medium().right.delete(KEY, atVersion(first), 'ordered')).toBe(false);
      expect(await medium().right.delete(KEY, atVersion(second), 'ordered')).toBe(true);
      expect(await medium().left.get(KEY)).toBeNull();
      await write(medium().left, KEY, 'three');
      expect(await medium().right.delete(KEY, UNCONDITIONAL, 'ordered')).toBe(true);
      expect(await medium().left.get(KEY)).toBeNull();
    });

    it('delete() holds when nothing is stored and nothing is expected', async () => {
      expect(await medium().left.delete(KEY, UNCONDITIONAL)).toBe(true);
      expect(await medium().left.delete(KEY, ABSENT)).toBe(true);
    });

    it('delete() holds when the folder of the key was never written to', async () => {
      expect(await medium().left.delete('nowhere/a', UNCONDITIONAL)).toBe(true);
    });

    it('delete() refuses when it expects a version and nothing is stored', async () => {
      const first = await write(medium().left, KEY, 'one');
      await medium().left.delete(KEY, UNCONDITIONAL);
      expect(await medium().right.delete(KEY, atVersion(first))).toBe(false);
    });

    it('delete() removes the object when the expected version is the stored one', async () => {
      const first = await write(medium().left, KEY, 'one');
      expect(await medium().right.delete(KEY, atVersion(first))).toBe(true);
    });

    it('delete() refuses and keeps the object when the expected version is stale', async () => {
      const first = await write(medium().left, KEY, 'one');
      const second = await write(medium().left, KEY, 'two');
      expect(await medium().right.delete(KEY, atVersion(first))).toBe(false);
      expect(await medium().left.head(KEY)).toBe(second);
    });

    it('delete() refuses when it expects absence and an object is stored', async () => {
      await write(medium().left, KEY, 'one');
      expect(await medium().right.delete(KEY, ABSENT)).toBe(false);
    });

    it('delete() keeps other keys', async () => {
      await write(medium().left, KEY, 'one');
      await write(medium().left, 'jobs/b.json', 'two');
      await medium().left.delete(KEY, UNCONDITIONAL);
      expect(await medium().right.head('jobs/b.json')).not.toBeNull();
    });
  });
}
