import {
  allows,
  type Change,
  type Follower,
  ignoreLabel,
  type NameChange,
  type NameFollower,
  type ObjectStore,
  type StoredObject,
  type Version,
} from '../store.ts';
import { copyOf as copyOfBody } from './parts.ts';

/**
 * A store in the memory of one process, for tests and for trying the service out. The objects are lost when the
 * process ends. Versions count up and are never used twice, not even for equal bytes.
 */
export function createMemoryStore(): ObjectStore {
  const objects = new Map<string, StoredObject>();
  const journals = new Set<Journal>();
  let writes = 0;

  function recordChange(key: string): void {
    for (const journal of journals) {
      if (key.startsWith(journal.prefix)) journal.keys.add(key);
    }
  }

  function openJournal(prefix: string): Journal {
    const present = [...objects.keys()].filter(key => key.startsWith(prefix));
    const journal: Journal = { prefix, keys: new Set(present) };
    journals.add(journal);
    return journal;
  }

  return {
    ordered: null,
    traits: {
      name: 'memory',
      compareAndSwap: true,
      sharedBetweenProcesses: false,
      durable: false,
      readAfterWrite: true,
      distinctVersions: true,
      conditionalDelete: true,
      labels: false,
    },

    async get(key) {
      const object = objects.get(key);
      return object === undefined ? null : copyOf(object);
    },

    async head(key) {
      return objects.get(key)?.version ?? null;
    },

    async put(key, body, precondition) {
      if (!allows(precondition, objects.get(key)?.version ?? null)) return null;
      writes += 1;
      const version = mintVersion(writes);
      // The caller may write to its array later.
      objects.set(key, { body: copyOfBody(body), version });
      recordChange(key);
      return version;
    },

    async delete(key, precondition) {
      if (!allows(precondition, objects.get(key)?.version ?? null)) return false;
      if (objects.delete(key)) recordChange(key);
      return true;
    },

    async *list(prefix, after = '') {
      const keys = [...objects.keys()].filter(key => key.startsWith(prefix) && key > after);
      for (const key of keys.toSorted(compareKeys)) {
        const object = objects.get(key);
        if (object !== undefined) yield { key, version: object.version, label: null };
      }
    },

    follow: prefix => createFollower(objects, openJournal(prefix)),
    followNames: prefix => createNameFollower(objects, openJournal(prefix)),

    locate: key => `memory:${key}`,

    async close() {
      journals.clear();
    },
  };
}

/** The keys that were written or deleted since a follower last reported them. */
interface Journal {
  readonly prefix: string;
  readonly keys: Set<string>;
}

function createFollower(objects: ReadonlyMap<string, StoredObject>, { keys }: Journal): Follower {
  const reported = new Set<string>();

  function changeOf(key: string): Change | null {
    const object = objects.get(key);
    if (object !== undefined) {
      reported.add(key);
      return { kind: 'stored', key, object: copyOf(object) };
    }
    return reported.delete(key) ? { kind: 'removed', key } : null;
  }

  return {
    async *poll() {
      const changedKeys = [...keys];
      for (const key of changedKeys) {
        keys.delete(key);
        const change = changeOf(key);
        if (change !== null) yield change;
      }
    },
    offerLabel: ignoreLabel,
  };
}

function createNameFollower(
  objects: ReadonlyMap<string, StoredObject>,
  { keys }: Journal,
): NameFollower {
  const reported = new Set<string>();

  function changeOf(key: string): NameChange | null {
    if (!objects.has(key)) return reported.delete(key) ? { kind: 'removed', key } : null;
    if (reported.has(key)) return null;
    reported.add(key);
    return { kind: 'named', key };
  }

  return {
    async *poll() {
      const changedKeys = [...keys];
      for (const key of changedKeys) {
        keys.delete(key);
        const change = changeOf(key);
        if (change !== null) yield change;
      }
    },
    forget(key) {
      reported.delete(key);
      keys.add(key);
    },
  };
}

function compareKeys(left: string, right: string): number {
  return left < right ? -1 : 1;
}

function copyOf({ body, version }: StoredObject): StoredObject {
  return { body: body.slice(), version };
}

function mintVersion(writes: number): Version {
  return `m${writes.toString(36)}` as Version;
}
