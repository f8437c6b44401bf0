import { describe, expect, it } from 'vitest';
import { UNCONDITIONAL } from '../../lib/store.ts';
import { bodyOf, largeBody, sameBytes, textOf } from './body.ts';
import type { OpenMedium } from './medium.ts';
import { write } from './write.ts';

const KEY = 'jobs/a.json';

export function specifyGet(medium: OpenMedium): void {
  describe('get() and head()', () => {
    it('get() returns null when nothing is stored', async () => {
      expect(await medium().left.get(KEY)).toBeNull();
    });

    it('head() returns null when nothing is stored', async () => {
      expect(await medium().left.head(KEY)).toBeNull();
    });

    it('get() returns null when the folder of the key was never written to', async () => {
      expect(await medium().left.get('nowhere/a')).toBeNull();
    });

    it('get() returns the body and the version of the put', async () => {
      const version = await write(medium().left, KEY, 'one');
      const object = await medium().left.get(KEY);
      expect(textOf(object?.body)).toBe('one');
      expect(object?.version).toBe(version);
    });

    it('get() immediately returns what the other handle has put', async () => {
      const version = await write(medium().left, KEY, 'one');
      expect((await medium().right.get(KEY))?.version).toBe(version);
    });

    it('head() returns the version that get() returns', async () => {
      await write(medium().left, KEY, 'one');
      expect(await medium().right.head(KEY)).toBe((await medium().left.get(KEY))?.version);
    });

    it('get() returns an empty body when an empty body was put', async () => {
      await medium().left.put(KEY, new Uint8Array(), UNCONDITIONAL);
      expect((await medium().right.get(KEY))?.body.byteLength).toBe(0);
    });

    it('get() returns every byte when the body has 5 MB', async () => {
      const body = largeBody(5_000_000);
      await medium().left.put(KEY, body, UNCONDITIONAL);
      const stored = await medium().right.get(KEY);
      expect(sameBytes(stored?.body ?? new Uint8Array(), body)).toBe(true);
    });

    it('get() returns what was put when the caller changes its array afterwards', async () => {
      const body = bodyOf('one');
      await medium().left.put(KEY, body, UNCONDITIONAL);
      body.fill(0);
      expect(textOf((await medium().left.get(KEY))?.body)).toBe('one');
    });

    it('get() returns what was put when the caller changes its Buffer afterwards', async () => {
      const body = Buffer.from('one');
      await medium().left.put(KEY, body, UNCONDITIONAL);
      body.fill(0);
      expect(textOf((await medium().left.get(KEY))?.body)).toBe('one');
    });

    it('get() returns what was put when a reader changes its array', async () => {
      await write(medium().left, KEY, 'one');
      (await medium().left.get(KEY))?.body.fill(0);
      expect(textOf((await medium().left.get(KEY))?.body)).toBe('one');
    });

    it('locate() names different places for different keys', () => {
      const { left } = medium();
      expect(left.locate('jobs/a.json')).not.toBe(left.locate('jobs/b.json'));
    });
  });
}
