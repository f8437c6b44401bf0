import { describe, expect, it } from 'vitest';
import { UNCONDITIONAL } from '../../lib/store.ts';
import type { OpenMedium } from './medium.ts';
import { collect, write } from './write.ts';

export function specifyList(medium: OpenMedium, pageKeys = 1_000): void {
  describe('list()', () => {
    it('list() is empty when nothing is stored', async () => {
      expect(await collect(medium().left.list('jobs/'))).toEqual([]);
    });

    it('list() is empty when the folder was never written to', async () => {
      expect(await collect(medium().left.list('nowhere/'))).toEqual([]);
    });

    it('list() gives every key with the version that head() gives', async () => {
      const first = await write(medium().left, 'jobs/a.json', 'one');
      const second = await write(medium().right, 'jobs/b.json', 'two');
      const entries = await collect(medium().left.list('jobs/'));
      expect(new Map(entries.map(({ key, version }) => [key, version]))).toEqual(
        new Map([
          ['jobs/a.json', first],
          ['jobs/b.json', second],
        ]),
      );
    });

    it('list() gives only the keys below its prefix', async () => {
      await write(medium().left, 'jobs/a.json', 'one');
      await write(medium().left, 'leases/a.1.json', 'two');
      await write(medium().left, 'ready/1~a', 'three');
      const entries = await collect(medium().right.list('leases/'));
      expect(entries.map(({ key }) => key)).toEqual(['leases/a.1.json']);
    });

    it('list() takes a prefix that ends within a name', async () => {
      await write(medium().left, 'leases/a.1.json', 'one');
      await write(medium().left, 'leases/b.1.json', 'two');
      const entries = await collect(medium().right.list('leases/a.'));
      expect(entries.map(({ key }) => key)).toEqual(['leases/a.1.json']);
    });

    it('list() gives keys in ascending order, for any order of writes', async () => {
      for (const name of ['b', 'a~', 'c', 'a', 'a-'])
        await write(medium().left, `ready/${name}`, '');
      const entries = await collect(medium().right.list('ready/'));
      expect(entries.map(({ key }) => key)).toEqual(
        ['a', 'a-', 'a~', 'b', 'c'].map(name => `ready/${name}`),
      );
    });

    it('list() continues after a key that is stored, and after one that is not', async () => {
      for (const name of ['a', 'b', 'd']) await write(medium().left, `ready/${name}`, '');
      const names = async (after: string) => {
        const entries = await collect(medium().right.list('ready/', after));
        return entries.map(({ key }) => key);
      };
      expect(await names('ready/a')).toEqual(['ready/b', 'ready/d']);
      expect(await names('ready/c')).toEqual(['ready/d']);
      expect(await names('ready/d')).toEqual([]);
    });

    it('list() leaves out what was deleted', async () => {
      await write(medium().left, 'jobs/a.json', 'one');
      await medium().right.delete('jobs/a.json', UNCONDITIONAL);
      expect(await collect(medium().left.list('jobs/'))).toEqual([]);
    });

    it(`list() gives all of ${pageKeys + 1} keys, more than a page has, each once`, async () => {
      const { left, right } = medium();
      const keys = Array.from({ length: pageKeys + 1 }, (_, index) => `ready/${index}`);
      await Promise.all(keys.map(key => write(left, key, '')));
      const entries = await collect(right.list('ready/'));
      expect(entries.map(({ key }) => key).toSorted()).toEqual(keys.toSorted());
    });
  });
}
