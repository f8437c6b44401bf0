import { type Change, type Follower, ignoreLabel, StoreError, type Version } from '../../store.ts';
import { ownText } from '../own-text.ts';
import type { PointerEntry } from './pointer-pages.ts';
import type { Reader } from './reader.ts';
import { storedVersion } from './version.ts';

interface Followed {
  readonly reader: Reader;
  readonly list: () => AsyncIterable<PointerEntry>;
}

/** Deno KV reports changes only for known keys, so every poll lists and compares. */
export function createFollower({ reader, list }: Followed): Follower {
  const reported = new Map<string, Version>();

  /** A version that cannot be read is reported once, and does not prevent the reports about other keys. */
  async function changeOf(entry: PointerEntry, version: Version): Promise<Change | null> {
    const { key, pointer } = entry;
    if (pointer !== null && pointer.label !== null) {
      reported.set(ownText(key), ownText(version));
      return { kind: 'labelled', key, version, label: pointer.label };
    }
    try {
      const object =
        pointer?.kind === 'inline' ? { body: pointer.body, version } : await reader.object(key);
      // It was deleted after the list.
      if (object === null) return reported.delete(key) ? { kind: 'removed', key } : null;
      reported.set(ownText(key), ownText(object.version));
      return { kind: 'stored', key, object };
    } catch (error) {
      if (!(error instanceof StoreError) || error.cause !== undefined) throw error;
      reported.set(ownText(key), ownText(version));
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
        const change = reported.get(key) === version ? null : await changeOf(entry, version);
        if (change !== null) yield change;
      }
      for (const key of reported.keys()) {
        if (!present.has(key) && reported.delete(key)) yield { kind: 'removed', key };
      }
    },
    offerLabel: ignoreLabel,
  };
}
