import { type Change, ignoreLabel, type ObjectStore } from '../store.ts';

/** A store of which only the first objects of each kind are listed, for an estimate at a bounded cost. */
export interface FirstObjects {
  /** For one poll of each follower. */
  readonly store: ObjectStore;
  /** The first keys with the prefix. */
  keys(prefix: string): Promise<readonly string[]>;
  /** Whether a list with this prefix was cut. */
  wasCut(prefix: string): boolean;
}

export function firstObjects(store: ObjectStore, limit: number): FirstObjects {
  const cut = new Set<string>();

  async function* list(prefix: string, labels: boolean) {
    let count = 0;
    for await (const entry of store.list(prefix, prefix, { labels })) {
      if (count === limit) {
        cut.add(prefix);
        return;
      }
      count += 1;
      yield entry;
    }
  }

  async function* poll(prefix: string): AsyncGenerator<Change> {
    for await (const { key, version, label } of list(prefix, true)) {
      if (label !== null) yield { kind: 'labelled', key, version, label };
      else {
        const object = await store.get(key);
        if (object !== null) yield { kind: 'stored', key, object };
      }
    }
  }

  return {
    store: {
      ...store,
      ordered: null,
      follow: prefix => ({ poll: () => poll(prefix), offerLabel: ignoreLabel }),
    },
    async keys(prefix) {
      const keys: string[] = [];
      for await (const { key } of list(prefix, false)) keys.push(key);
      return keys;
    },
    wasCut: prefix => cut.has(prefix),
  };
}
