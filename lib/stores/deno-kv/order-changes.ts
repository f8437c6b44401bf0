import type { Place } from '../../store.ts';
import { partsOf } from './keys.ts';
import type { KvAtomic, KvKey } from './kv-like.ts';
import { encodeEntry } from './order-entry.ts';
import { entryKeys } from './order-keys.ts';

/** How a store finds the places of objects. It knows neither keys nor labels. */
export interface Ordering {
  /** The folders whose objects have places. */
  readonly folders: readonly string[];
  /** Null for a label without a place. */
  readonly placeOf: (label: string) => Place | null;
}

/** Which entries a change of an object adds and removes, in the commit that changes it. */
export interface OrderChanges {
  /** Whether objects under this key have entries. */
  covers(key: string): boolean;
  keysOf(key: string, label: string | null): readonly KvKey[];
  /** `old` and `next` are labels; undefined where there is no object. */
  apply(
    atomic: KvAtomic,
    key: string,
    change: {
      readonly old: string | null | undefined;
      readonly next: string | null | undefined;
      readonly isUploaded: boolean;
    },
  ): void;
}

export function createOrderChanges({ folders, placeOf }: Ordering): OrderChanges {
  const covered = new Set(folders);

  function keysOf(key: string, label: string | null): readonly KvKey[] {
    return entryKeys(key, label === null ? null : placeOf(label));
  }

  return {
    covers: key => covered.has(partsOf(key).folder),
    keysOf,
    apply(atomic, key, { old, next, isUploaded }) {
      if (!covered.has(partsOf(key).folder)) return;
      const added = next === undefined ? [] : keysOf(key, next);
      const kept = new Set(added.map(textOf));
      const removed = old === undefined ? [] : keysOf(key, old);
      for (const entryKey of removed) if (!kept.has(textOf(entryKey))) atomic.delete(entryKey);
      const value = encodeEntry({ isUploaded }, next ?? null);
      for (const entryKey of added) atomic.set(entryKey, value);
    },
  };
}

function textOf(key: KvKey): string {
  return JSON.stringify(key.map(part => (part instanceof Uint8Array ? [...part] : part)));
}
