import { afterEach, beforeEach, describe } from 'vitest';
import { specifyDelete } from './delete.ts';
import { specifyFollow } from './follow.ts';
import { specifyFollowNames } from './follow-names.ts';
import { specifyGet } from './get.ts';
import { specifyKeys } from './keys.ts';
import { specifyLabels } from './label.ts';
import { specifyList } from './list.ts';
import type { Driver, Medium } from './medium.ts';
import { specifyPut } from './put.ts';
import { specifyLostRaces, specifyRaces } from './race.ts';
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
    specifyPut(opened, driver.traits);
    specifyDelete(opened);
    specifyList(opened, driver.pageKeys);
    specifyKeys(opened);
    specifyFollow(opened);
    specifyFollowNames(opened);
    specifyLabels(opened, driver.traits);
    specifyTraits(opened, driver.traits);
    describe.runIf(driver.traits.compareAndSwap)('in a race', () => {
      specifyRaces(opened, driver.traits);
    });
    describe.runIf(!driver.traits.compareAndSwap)('in a race without compare-and-swap', () => {
      specifyLostRaces(opened);
    });
  });
}
