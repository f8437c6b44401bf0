import { LRUCache } from 'lru-cache';
import { ENTRY_BYTES, MEMORY_BOUNDS } from '../base/memory-bounds.ts';
import { ownText, textBytes } from '../base/own-text.ts';
import { type Timestamp, toUnixMicros } from '../base/timestamp.ts';

/** How long something holds that was made from jobs, leases and hints. */
export interface Validity {
  /** Those of the parts that it was made from. */
  readonly revisions: readonly number[];
  /** Microseconds since 1970: not before `at`, because the clock may go back, and before `until`. */
  readonly at: number;
  readonly until: number;
}

/** The last results, so that an unchanged one need not be made again to find that out. */
export interface Unchanged<Value extends object | string> {
  record(key: string, value: Value, validity: Validity): void;
  /** Null if the value may have changed. */
  find(key: string, revisions: readonly number[], now: Timestamp): Value | null;
}

/** Each value takes as much memory as an entry. */
export function createUnchanged<Value extends object | string>(): Unchanged<Value> {
  const values = new LRUCache<string, { readonly value: Value; readonly validity: Validity }>({
    maxSize: MEMORY_BOUNDS.unchanged.bytes,
    sizeCalculation: (_, key) => 4 * ENTRY_BYTES + textBytes(key),
  });
  return {
    record(key, value, validity) {
      values.set(ownText(key), { value, validity });
    },
    find(key, revisions, now) {
      const known = values.get(key);
      if (known === undefined) return null;
      const { value, validity } = known;
      const isSame = validity.revisions.every((revision, index) => revision === revisions[index]);
      const micros = Number(toUnixMicros(now));
      return isSame && micros >= validity.at && micros < validity.until ? value : null;
    },
  };
}
