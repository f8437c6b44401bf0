import type { ObjectStore } from '../../../lib/store.ts';
import { underWay } from '../settling/under-way.ts';

/** As the store. Its requests are signed by other threads: tests that move the time wait until that is done. */
export function trackedStore(store: ObjectStore): ObjectStore {
  return {
    ...store,
    get: key => underWay(() => store.get(key)),
    head: key => underWay(() => store.head(key)),
    put: (...put) => underWay(() => store.put(...put)),
    delete: (...deletion) => underWay(() => store.delete(...deletion)),
    list: (...list) => tracked(store.list(...list)),
    follow(prefix) {
      const follower = store.follow(prefix);
      return { ...follower, poll: () => tracked(follower.poll()) };
    },
    followNames(prefix) {
      const follower = store.followNames(prefix);
      return { ...follower, poll: () => tracked(follower.poll()) };
    },
  };
}

async function* tracked<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await underWay(() => iterator.next());
      if (done === true) return;
      yield value;
    }
  } finally {
    await iterator.return?.();
  }
}
