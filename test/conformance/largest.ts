import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreError, UNCONDITIONAL } from '../../lib/store.ts';
import { largeBody, sameBytes } from './body.ts';
import { MEDIA } from './guarantees.ts';
import type { Driver, Medium } from './medium.ts';

const KEY = 'jobs/a.json';

/** Holds a driver to what the table of guarantees says of its largest state, and to its traits. */
export function describeLargestState(driver: Driver): void {
  const { name } = driver.traits;
  const largest = MEDIA[name]?.largest;

  describe(`the ${name} store and its largest state`, () => {
    let medium: Medium;

    beforeEach(async () => {
      medium = await driver.open();
    });

    afterEach(async () => {
      await medium.destroy();
    });

    it('has the traits that the suite tests', () => {
      expect(medium.left.traits).toEqual(driver.traits);
    });

    it('put() and get() keep the largest state', async () => {
      const body = largeBody(largest?.keptBytes ?? 0);
      await medium.left.put(KEY, body, UNCONDITIONAL);
      const stored = await medium.right.get(KEY);
      expect(sameBytes(stored?.body ?? new Uint8Array(), body)).toBe(true);
    });

    it.runIf(typeof largest?.refusedBytes === 'number')(
      'put() rejects a larger state, and writes nothing',
      async () => {
        const body = new Uint8Array(largest?.refusedBytes ?? 0);
        await expect(medium.left.put(KEY, body, UNCONDITIONAL)).rejects.toThrow(StoreError);
        expect(await medium.right.head(KEY)).toBeNull();
      },
    );
  });
}
