import { type ObjectStore, type StoreError } from '../../../lib/store.ts';

/** A store that cannot be opened: whatever is asked of it fails with the reason, so that each request says it. */
export function createBrokenStore(traits: ObjectStore['traits'], error: StoreError): ObjectStore {
  const fail = () => Promise.reject(error);
  const failingList = (): AsyncIterable<never> => ({
    [Symbol.asyncIterator]: () => ({ next: fail }),
  });
  const follower = { poll: failingList, offerLabel() {}, forget() {} };

  return {
    traits,
    ordered: null,
    get: fail,
    head: fail,
    put: fail,
    delete: fail,
    list: failingList,
    follow: () => follower,
    followNames: () => follower,
    locate: key => key,
    async close() {},
  };
}
