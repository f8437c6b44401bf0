import { pointerKey } from './keys.ts';
import type { KvEntry, KvLike } from './kv-like.ts';
import type { OrderChanges } from './order-changes.ts';
import { decodeEntry, encodeLaterEntry } from './order-entry.ts';
import { placedKeyOf, wholeRange } from './order-keys.ts';
import { entriesOf, type PointerEntry, pointersOf } from './pointer-pages.ts';
import { KEYS_PER_READ } from './pointer-reads.ts';
import type { Retry } from './retry.ts';
import { storedPointer } from './stored-pointer.ts';
import { storedVersion } from './version.ts';

/** Compares the entries of lists with the objects. Both return how many they corrected. */
export interface OrderCheck {
  addMissing(folder: string): Promise<number>;
  removeStale(folder: string): Promise<number>;
}

const PAGE = 500;

export function createOrderCheck({
  kv,
  retry,
  changes,
}: {
  readonly kv: KvLike;
  readonly retry: Retry;
  readonly changes: OrderChanges;
}): OrderCheck {
  function keysFor({ key, pointer }: PointerEntry) {
    return changes.keysOf(key, pointer?.label ?? null);
  }

  /** Adds the entries of these objects in one commit. False if a writer was faster: it writes the entries of its object. */
  async function commitEntries(objects: readonly PointerEntry[]): Promise<boolean> {
    const outcome = await retry('add to a list', () => {
      const atomic = kv.atomic();
      for (const object of objects) {
        const { key, versionstamp, pointer } = object;
        atomic.check({ key: pointerKey(key), versionstamp });
        const value = encodeLaterEntry(storedVersion(object), pointer?.label ?? null);
        for (const entryKey of keysFor(object)) atomic.set(entryKey, value);
      }
      return atomic.commit();
    });
    return outcome.ok;
  }

  async function addTo(objects: readonly PointerEntry[]): Promise<number> {
    const keys = objects.map(object => keysFor(object)[0] ?? []);
    const found = await retry('read a list', () => kv.getMany(keys));
    const missing = objects.filter((object, index) => {
      const entry = found[index];
      if (entry === undefined || entry.versionstamp === null) return true;
      return decodeEntry(entry)?.version !== storedVersion(object);
    });
    if (missing.length === 0 || (await commitEntries(missing))) return missing.length;
    let added = 0;
    for (const object of missing) if (await commitEntries([object])) added += 1;
    return added;
  }

  async function removeFrom(folder: string, entries: readonly KvEntry[]): Promise<number> {
    const keys = entries.map(entry => placedKeyOf(entry.key, folder)?.key ?? `${folder}/`);
    const found = await retry('read objects', () => kv.getMany(keys.map(pointerKey)));
    let removed = 0;
    for (const [index, entry] of entries.entries()) {
      const object = found[index];
      const decoded = decodeEntry(entry);
      const current =
        object === undefined || object.versionstamp === null ? null : storedPointer(object);
      const version = current === null ? null : storedVersion(current);
      if (decoded === null || decoded.version === version) continue;
      const { key, versionstamp } = entry;
      const outcome = await retry('remove from a list', () => {
        const atomic = kv.atomic().check({ key: key as readonly string[], versionstamp });
        for (const stale of changes.keysOf(keys[index] ?? '', decoded.label)) atomic.delete(stale);
        return atomic.commit();
      });
      if (outcome.ok) removed += 1;
    }
    return removed;
  }

  return {
    async addMissing(folder) {
      let added = 0;
      let objects: PointerEntry[] = [];
      for await (const object of pointersOf(kv, { retry, prefix: `${folder}/` })) {
        objects.push(object);
        if (objects.length < KEYS_PER_READ) continue;
        added += await addTo(objects);
        objects = [];
      }
      return objects.length === 0 ? added : added + (await addTo(objects));
    },

    async removeStale(folder) {
      let removed = 0;
      const whole = wholeRange(folder);
      let { start } = whole;
      for (;;) {
        const selector = { start, end: whole.end };
        const page = await retry('read a list', () => entriesOf(kv, { selector, limit: PAGE }));
        for (let first = 0; first < page.length; first += KEYS_PER_READ) {
          removed += await removeFrom(folder, page.slice(first, first + KEYS_PER_READ));
        }
        const last = page.at(-1);
        if (last === undefined || page.length < PAGE) return removed;
        start = [...(last.key as readonly string[]), ''];
      }
    },
  };
}
