import { describe, expect, it } from 'vitest';
import type { StoreTraits } from '../../lib/store.ts';
import { atVersion } from '../../lib/store.ts';
import { bodyOf, textOf } from './body.ts';
import type { OpenMedium } from './medium.ts';
import { collect, write } from './write.ts';
import { WRITES } from './writes.ts';

const KEY = 'jobs/a.json';

export function specifyTraits(medium: OpenMedium, traits: StoreTraits): void {
  describe('traits', () => {
    it('traits are those that the documentation states', () => {
      expect(medium().left.traits).toEqual(traits);
      expect(medium().right.traits).toEqual(traits);
    });

    describe.runIf(traits.sharedBetweenProcesses)('shared between processes', () => {
      it('get() sees what another process wrote', async () => {
        await write(medium().left, KEY, 'one');
        const stranger = await medium().stranger();
        expect(textOf((await stranger.get(KEY))?.body)).toBe('one');
      });

      it('put() refuses a version that another process has replaced', async () => {
        const version = await write(medium().left, KEY, 'one');
        await write(await medium().stranger(), KEY, 'two');
        expect(await medium().left.put(KEY, bodyOf('six'), atVersion(version))).toBeNull();
      });
    });

    describe.runIf(!traits.sharedBetweenProcesses)('not shared between processes', () => {
      it('get() sees nothing of what another process wrote', async () => {
        await write(medium().left, KEY, 'one');
        const stranger = await medium().stranger();
        expect(await stranger.get(KEY)).toBeNull();
      });
    });

    describe.runIf(traits.readAfterWrite)('read after write', () => {
      it(`get(), head() and list() of the other handle see each of ${WRITES} writes at once`, async () => {
        const { left, right } = medium();
        for (let count = 0; count < WRITES; count += 1) {
          const version = await write(left, KEY, String(count));
          expect(await right.head(KEY)).toBe(version);
          expect(textOf((await right.get(KEY))?.body)).toBe(String(count));
          expect(await collect(right.list('jobs/'))).toMatchObject([{ key: KEY, version }]);
        }
      });
    });

    describe.runIf(traits.durable)('durable', () => {
      it('get() finds what was put before every handle was closed', async () => {
        const version = await write(medium().left, KEY, 'one');
        await medium().left.close();
        await medium().right.close();
        const stranger = await medium().stranger();
        expect((await stranger.get(KEY))?.version).toBe(version);
      });
    });

    describe.runIf(!traits.durable)('not durable', () => {
      it('get() finds nothing of what was put before every handle was closed', async () => {
        await write(medium().left, KEY, 'one');
        await medium().left.close();
        await medium().right.close();
        const stranger = await medium().stranger();
        expect(await stranger.get(KEY)).toBeNull();
      });
    });
  });
}
