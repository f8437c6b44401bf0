import {
  type Change,
  type Follower,
  ignoreLabel,
  type NameChange,
  type NameFollower,
  type StoredEntry,
  type StoredObject,
  StoreError,
  type Version,
} from '../../store.ts';
import { ownText } from '../own-text.ts';
import type { ChangeReader } from './changes.ts';

/** What was reported of a key: a version, or why it cannot be read. */
type Reported = { readonly version: Version } | { readonly reason: string };

/** Reads the bodies of those that have no label. */
export function createFollower(
  changes: ChangeReader,
  get: (key: string) => Promise<StoredObject | null>,
): Follower {
  const reported = new Map<string, Reported>();

  function isReported({ key, version }: StoredEntry): boolean {
    const last = reported.get(key);
    return last !== undefined && 'version' in last && last.version === version;
  }

  async function changeOf(entry: StoredEntry): Promise<Change> {
    const { key, version, label } = entry;
    if (label !== null) return { kind: 'labelled', key, version, label };
    try {
      const object = await get(key);
      return object === null ? { kind: 'removed', key } : { kind: 'stored', key, object };
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return { kind: 'unreadable', key, reason: error.message };
    }
  }

  /** Whether the change is new. It then counts as reported. */
  function recordIfNew(change: Change): boolean {
    const last = reported.get(change.key);
    switch (change.kind) {
      case 'removed':
        return reported.delete(change.key);
      case 'unreadable':
        reported.set(ownText(change.key), { reason: ownText(change.reason) });
        return last === undefined || !('reason' in last) || last.reason !== change.reason;
      case 'labelled':
        reported.set(ownText(change.key), { version: ownText(change.version) });
        return true;
      case 'stored': {
        const { version } = change.object;
        reported.set(ownText(change.key), { version: ownText(version) });
        return last === undefined || !('version' in last) || last.version !== version;
      }
      default:
        return change satisfies never;
    }
  }

  return {
    async *poll() {
      let missing: Set<string> | null = null;
      for await (const changed of changes.read()) {
        if (changed === 'whole') {
          missing = new Set(reported.keys());
          continue;
        }
        const { key, entry } = changed;
        missing?.delete(key);
        if (entry !== null && isReported(entry)) continue;
        const change: Change = entry === null ? { kind: 'removed', key } : await changeOf(entry);
        if (recordIfNew(change)) yield change;
      }
      for (const key of missing ?? []) {
        if (reported.delete(key)) yield { kind: 'removed', key };
      }
    },
    offerLabel: ignoreLabel,
  };
}

export function createNameFollower(
  changes: ChangeReader,
  exists: (key: string) => Promise<boolean>,
): NameFollower {
  const reported = new Set<string>();
  /** Those that the caller believes gone. */
  const forgotten = new Set<string>();

  function* record(key: string, isStored: boolean): Generator<NameChange> {
    if (isStored && !reported.has(key)) {
      reported.add(ownText(key));
      yield { kind: 'named', key };
    }
    if (!isStored && reported.delete(key)) yield { kind: 'removed', key };
  }

  return {
    async *poll() {
      let missing: Set<string> | null = null;
      for await (const changed of changes.read()) {
        if (changed === 'whole') {
          missing = new Set(reported);
          continue;
        }
        const { key, entry } = changed;
        missing?.delete(key);
        forgotten.delete(key);
        yield* record(key, entry !== null);
      }
      for (const key of missing ?? []) yield* record(key, false);
      for (const key of forgotten) {
        const isStored = await exists(key);
        forgotten.delete(key);
        yield* record(key, isStored);
      }
    },
    forget(key) {
      if (reported.delete(key)) forgotten.add(ownText(key));
    },
  };
}
