import type { ObjectStore, StoreMedium } from '../../store.ts';

const RACERS = 4;

/**
 * The database as the examination sees it: each operation has a session of its own. So a pooler or a proxy that leads sessions to
 * several servers is found out, where the sessions of the store happen to be on one.
 */
export function raceMedium(openAlone: () => ObjectStore): StoreMedium {
  async function alone<T>(task: (store: ObjectStore) => Promise<T>): Promise<T> {
    const store = openAlone();
    try {
      return await task(store);
    } finally {
      await store.close();
    }
  }

  return {
    name: 'sessions of their own',
    racers: RACERS,
    isOneCall: false,
    keyFrom: key => key,
    store: {
      get: key => alone(store => store.get(key)),
      put: (...write) => alone(store => store.put(...write)),
      delete: (...deletion) => alone(store => store.delete(...deletion)),
    },
  };
}
