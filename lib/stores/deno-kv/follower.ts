import { type Change, type Follower, StoreError, type Version } from '../../store.ts';
import { ownText } from '../own-text.ts';
import type { ShelfEntry } from './pointer-pages.ts';
import type { Reader } from './reader.ts';
import { storedVersion } from './version.ts';

interface Followed {
  readonly reader: Reader;
  readonly list: () => AsyncIterable<ShelfEntry>;
}

/** Deno KV tells of changes to keys that are known alone, so every poll is a list that is compared. */
export function createFollower({ reader, list }: Followed): Follower {
  const told = new Map<string, Version>();

  /** A version that cannot be read is told of once, and does not hide what can be. */
  async function changeOf(entry: ShelfEntry, version: Version): Promise<Change | null> {
    const { key, pointer } = entry;
    if (pointer !== null && pointer.label !== null) {
      told.set(ownText(key), ownText(version));
      return { kind: 'labelled', key, version, label: pointer.label };
    }
    try {
      const object =
        pointer?.kind === 'inline' ? { body: pointer.body, version } : await reader.object(key);
      // It was deleted after it was listed.
      if (object === null) return told.delete(key) ? { kind: 'removed', key } : null;
      told.set(ownText(key), ownText(object.version));
      return { kind: 'stored', key, object };
    } catch (error) {
      if (!(error instanceof StoreError) || error.cause !== undefined) throw error;
      told.set(ownText(key), ownText(version));
      return { kind: 'unreadable', key, reason: error.message };
    }
  }

  return {
    async *poll() {
      const present = new Set<string>();
      for await (const entry of list()) {
        const { key } = entry;
        const version = storedVersion(entry);
        present.add(key);
        const change = told.get(key) === version ? null : await changeOf(entry, version);
        if (change !== null) yield change;
      }
      for (const key of told.keys()) {
        if (!present.has(key) && told.delete(key)) yield { kind: 'removed', key };
      }
    },
  };
}
