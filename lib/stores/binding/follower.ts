import {
  type Change,
  type Follower,
  ignoreLabel,
  type StoredEntry,
  type StoredObject,
  StoreError,
  type Version,
} from '../../store.ts';
import { ownText } from '../own-text.ts';

export interface Followed {
  /**
   * The meaning of a listed object that a read does not find. `removed`: it was removed after the list. `later`: lists
   * and reads of the medium lag, so a later poll decides.
   */
  readonly notFound: 'removed' | 'later';
  /** Of objects that were reported with this version no label is needed. */
  readonly list: (isReported: (entry: StoredEntry) => boolean) => AsyncIterable<StoredEntry>;
  readonly get: (key: string) => Promise<StoredObject | null>;
}

/** The last report about a key. */
type Reported =
  | { readonly kind: 'version'; readonly version: Version }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** The number of connections that a Worker may open at a time. */
const READS_AT_ONCE = 6;

/** Lists, and compares versions with the reported ones. Reads only objects that are new and have no label. */
export function createFollower({ list, get, notFound }: Followed): Follower {
  const reported = new Map<string, Reported>();

  function isReported({ key, version }: StoredEntry): boolean {
    const last = reported.get(key);
    return last?.kind === 'version' && last.version === version;
  }

  async function read({ key }: StoredEntry): Promise<Change[]> {
    try {
      const object = await get(key);
      if (object !== null) return [{ kind: 'stored', key, object }];
      return notFound === 'removed' ? [{ kind: 'removed', key }] : [];
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return [{ kind: 'unreadable', key, reason: error.message }];
    }
  }

  async function readAll(entries: readonly StoredEntry[]): Promise<Change[]> {
    return (await Promise.all(entries.map(read))).flat();
  }

  /** Whether the change is new. It then counts as reported. */
  function recordIfNew(change: Change): boolean {
    const { key } = change;
    const last = reported.get(key);
    switch (change.kind) {
      case 'stored':
        reported.set(ownText(key), { kind: 'version', version: ownText(change.object.version) });
        // A read that is older than the list may return the version that was reported before.
        return last?.kind !== 'version' || last.version !== change.object.version;
      case 'labelled':
        reported.set(ownText(key), { kind: 'version', version: ownText(change.version) });
        return true;
      case 'unreadable':
        reported.set(ownText(key), { kind: 'unreadable', reason: ownText(change.reason) });
        return last?.kind !== 'unreadable' || last.reason !== change.reason;
      case 'removed':
        return reported.delete(key);
      default:
        return change satisfies never;
    }
  }

  async function* reportNew(changes: Iterable<Change>): AsyncGenerator<Change> {
    // One by one: the caller may stop early, and the next poll reports the rest.
    for (const change of changes) if (recordIfNew(change)) yield change;
  }

  return {
    async *poll() {
      const missing = new Set(reported.keys());
      const unread: StoredEntry[] = [];
      for await (const entry of list(isReported)) {
        const { key, version, label } = entry;
        missing.delete(key);
        if (isReported(entry)) continue;
        if (label !== null) yield* reportNew([{ kind: 'labelled', key, version, label }]);
        else unread.push(entry);
        if (unread.length < READS_AT_ONCE) continue;
        yield* reportNew(await readAll(unread.splice(0)));
      }
      yield* reportNew(await readAll(unread));
      yield* reportNew([...missing].map(key => ({ kind: 'removed', key })));
    },
    offerLabel: ignoreLabel,
  };
}
