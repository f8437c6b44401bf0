import type { ObjectStore, StoreTraits } from '../../lib/store.ts';

/** Two handles on one medium that is empty at first. If the driver can, each is opened separately. */
export interface Medium {
  readonly left: ObjectStore;
  readonly right: ObjectStore;
  /** One more handle, opened like another process would open it. */
  stranger(): Promise<ObjectStore>;
  /** Closes every handle and removes what was stored. */
  destroy(): Promise<void>;
}

/** What a driver passes to the suite: its documented traits, and a medium. */
export interface Driver {
  readonly traits: StoreTraits;
  /** How many keys a page of its lists has at most; 1,000 where it is left out. */
  readonly pageKeys?: number;
  open(): Promise<Medium>;
}

/** The medium of the running test. */
export type OpenMedium = () => Medium;
