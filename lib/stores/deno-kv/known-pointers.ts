import { LRUCache } from 'lru-cache';
import { ownText } from '../own-text.ts';
import type { StoredPointer } from './stored-pointer.ts';

/**
 * Counts the changes of the database: another number after each commit of any process that was acknowledged before the
 * call. Null if it cannot be found out now.
 */
export type ChangeCount = () => number | null;

/** The pointers that were read since the last commit of any process. They are what a read would find now. */
export interface KnownPointers {
  /** The count with which a read that begins now may be remembered. Null: it may not. */
  count(): number | null;
  /** Undefined if the pointer has to be read. */
  find(key: string, count: number | null): StoredPointer | null | undefined;
  /** That of this version, if it is remembered: also where a later one may be stored. */
  at(key: string, versionstamp: string): StoredPointer | null;
  /** The answer of a read that began after the count was taken, or what was written, with null. */
  remember(key: string, stored: StoredPointer | null, count: number | null): void;
}

interface Known {
  readonly count: number | null;
  readonly stored: StoredPointer | null;
}

/** With labels of a usual length 4 MB. */
const MOST_POINTERS = 4_096;

export function createKnownPointers(changeCount: ChangeCount | null): KnownPointers {
  // A bound in entries by `max` would allocate all of them first.
  const known = new LRUCache<string, Known>({
    maxSize: MOST_POINTERS,
    sizeCalculation: () => 1,
  });

  return {
    count: () => changeCount?.() ?? null,

    find(key, count) {
      const found = count === null ? undefined : known.get(key);
      return found?.count === count ? found.stored : undefined;
    },

    at(key, versionstamp) {
      const stored = known.get(key)?.stored ?? null;
      return stored?.versionstamp === versionstamp ? stored : null;
    },

    remember(key, stored, count) {
      if (holdsBody(stored)) known.delete(key);
      else known.set(ownText(key), { count, stored: stored === null ? null : ownPointer(stored) });
    },
  };
}

/** An older store wrote small bodies into the pointers. */
function holdsBody(stored: StoredPointer | null): boolean {
  return stored?.pointer?.kind === 'inline' && stored.pointer.body.byteLength > 0;
}

function ownPointer({ versionstamp, pointer }: StoredPointer): StoredPointer {
  const label = pointer?.label ?? null;
  return {
    versionstamp: ownText(versionstamp),
    pointer:
      pointer === null ? null : { ...pointer, label: label === null ? null : ownText(label) },
  };
}
