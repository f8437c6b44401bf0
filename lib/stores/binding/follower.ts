import {
  type Change,
  type Follower,
  type StoredEntry,
  type StoredObject,
  StoreError,
  type Version,
} from '../../store.ts';
import { ownText } from '../own-text.ts';

export interface Followed {
  /**
   * What it means that a listed object is not found: that it was removed since, or, where a list and a read
   * may lag behind each other, nothing: it is for a later poll.
   */
  readonly notFound: 'removed' | 'later';
  readonly list: () => AsyncIterable<StoredEntry>;
  readonly get: (key: string) => Promise<StoredObject | null>;
}

/** What was told of a key. */
type Told =
  | { readonly kind: 'version'; readonly version: Version }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** As many as a Worker has connections. */
const READS_AT_ONCE = 6;

/** Lists, and compares versions with those it has told. Reads only what is new and bears no label. */
export function createFollower({ list, get, notFound }: Followed): Follower {
  const told = new Map<string, Told>();

  function isTold({ key, version }: StoredEntry): boolean {
    const last = told.get(key);
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

  /** Whether there is news in it. From here on it counts as told. */
  function learn(change: Change): boolean {
    const { key } = change;
    const last = told.get(key);
    switch (change.kind) {
      case 'stored':
        told.set(ownText(key), { kind: 'version', version: ownText(change.object.version) });
        // A read that is staler than the list gives what was told before.
        return last?.kind !== 'version' || last.version !== change.object.version;
      case 'labelled':
        told.set(ownText(key), { kind: 'version', version: ownText(change.version) });
        return true;
      case 'unreadable':
        told.set(ownText(key), { kind: 'unreadable', reason: ownText(change.reason) });
        return last?.kind !== 'unreadable' || last.reason !== change.reason;
      case 'removed':
        return told.delete(key);
      default:
        return change satisfies never;
    }
  }

  async function* tell(changes: Iterable<Change>): AsyncGenerator<Change> {
    // One by one: the caller may stop half-way, and what it did not hear is for the next poll.
    for (const change of changes) if (learn(change)) yield change;
  }

  return {
    async *poll() {
      const missing = new Set(told.keys());
      const unread: StoredEntry[] = [];
      for await (const entry of list()) {
        const { key, version, label } = entry;
        missing.delete(key);
        if (isTold(entry)) continue;
        if (label !== null) yield* tell([{ kind: 'labelled', key, version, label }]);
        else unread.push(entry);
        if (unread.length < READS_AT_ONCE) continue;
        yield* tell(await readAll(unread.splice(0)));
      }
      yield* tell(await readAll(unread));
      yield* tell([...missing].map(key => ({ kind: 'removed', key })));
    },
  };
}
