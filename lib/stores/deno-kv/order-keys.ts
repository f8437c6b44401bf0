import type { PageQuery, Place } from '../../store.ts';
import { partsOf } from './keys.ts';
import type { KvKey, KvStoredKey } from './kv-like.ts';

/*
 * An object with a place has two entries, one in the list of all objects and one in that of its group:
 *
 *   ['x', folder, order, name]   ['y', folder, group, order, name]
 *
 * An object without a place has one at either end of the list of all. The bytes of the name are inverted, so that names
 * ascend where a list runs backwards.
 */
const ALL = 'x';
const GROUPS = 'y';
const COMPLETE = 'm';

/** Before and behind every order, which consists of letters and digits. */
const FIRST = '';
const LAST = '~';
const FIRST_ORDER = '0';
const BEHIND_LAST = '~~';
const BYTE = 0xff;

/** The key of the record that the lists of a folder have all its objects. */
export function completeKey(folder: string): KvKey {
  return [COMPLETE, folder];
}

/** The keys of the entries of an object. */
export function entryKeys(key: string, place: Place | null): readonly KvKey[] {
  const { folder, name } = partsOf(key);
  const end = invertedName(name);
  if (place === null)
    return [
      [ALL, folder, FIRST, end],
      [ALL, folder, LAST, end],
    ];
  const { order, group } = place;
  return [
    [ALL, folder, order, end],
    [GROUPS, folder, group, order, end],
  ];
}

/** Where an entry is, by its key. Null for a key that no store of this kind has written. */
export function placedKeyOf(
  entryKey: KvStoredKey,
  folder: string,
): { readonly key: string; readonly order: string | null } | null {
  const end = entryKey.at(-1);
  const order = entryKey.at(-2);
  if (!(end instanceof Uint8Array) || typeof order !== 'string') return null;
  const key = `${folder}/${nameOf(end)}`;
  return { key, order: order === FIRST || order === LAST ? null : order };
}

/** The range of a page. */
export function rangeOf(
  folder: string,
  { group, after, before, descending }: Omit<PageQuery, 'limit'>,
): { start: KvKey; end: KvKey } {
  const prefix = group === null ? [ALL, folder] : [GROUPS, folder, group];
  const place: KvKey | null =
    after === null
      ? null
      : [
          ...prefix,
          after.order ?? (descending ? LAST : FIRST),
          invertedName(partsOf(after.key).name),
        ];
  const limit = before === null ? null : [...prefix, before];
  if (descending) {
    const isLower = limit !== null && (after === null || (before ?? '') <= (after.order ?? LAST));
    const end = isLower ? limit : (place ?? [...prefix, BEHIND_LAST]);
    return { start: [...prefix, FIRST_ORDER], end };
  }
  // A key with one part more is the first one behind it. Where no object without a place is wanted, they are skipped.
  const first = [...prefix, before === null ? FIRST : FIRST_ORDER];
  return { start: place === null ? first : [...place, FIRST], end: limit ?? [...prefix, LAST] };
}

/** The entries of all objects. Those without a place are there twice. */
export function wholeRange(folder: string): { start: KvKey; end: KvKey } {
  return { start: [ALL, folder, FIRST], end: [ALL, folder, BEHIND_LAST] };
}

function invertedName(name: string): Uint8Array {
  const bytes = new TextEncoder().encode(name);
  const inverted = new Uint8Array(bytes.byteLength + 1).fill(BYTE);
  // No name has a zero byte, so the last byte is higher than each other one: a name comes behind its own continuations.
  for (const [index, byte] of bytes.entries()) inverted[index] = BYTE - byte;
  return inverted;
}

function nameOf(inverted: Uint8Array): string {
  return new TextDecoder().decode(inverted.subarray(0, -1).map(byte => BYTE - byte));
}
