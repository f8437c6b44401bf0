import { afterEach, beforeEach, describe } from 'vitest';
import { specifyDelete } from './delete.ts';
import { specifyFollow } from './follow.ts';
import { specifyGet } from './get.ts';
import { specifyKeys } from './keys.ts';
import { specifyList } from './list.ts';
import type { Driver, Medium } from './medium.ts';
import { specifyPut } from './put.ts';
import { specifyRaces } from './race.ts';
import { specifyTraits } from './traits.ts';

/** Holds a driver to the store contract. */
export function describeStore(driver: Driver): void {
  describe(`the ${driver.traits.name} store`, () => {
    let medium: Medium;

    beforeEach(async () => {
      medium = await driver.open();
    });

    afterEach(async () => {
      await medium.destroy();
    });

    const opened = (): Medium => medium;
    specifyGet(opened);
    specifyPut(opened);
    specifyDelete(opened);
    specifyList(opened);
    specifyKeys(opened);
    specifyFollow(opened);
    specifyTraits(opened, driver.traits);
    // A driver that has no winner to offer is not raced; its trait says so, and is tested.
    describe.runIf(driver.traits.compareAndSwap)('in a race', () => {
      specifyRaces(opened);
    });
  });
}
