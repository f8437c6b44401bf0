import type { ObjectStore, StoredEntry } from '../../store.ts';

type Lists = Pick<ObjectStore, 'list'>;
export type ListArguments = Parameters<ObjectStore['list']>;

/** So many entries of `from` are read before those of `to` in the same part. */
const PART = 500;

/**
 * The keys of both stores as one list; where both have a key, the entry of `to`. Each part is listed in `from` first: what is
 * moved meanwhile is then found in `to`.
 */
export async function* mergedList(
  { from, to }: { readonly from: Lists; readonly to: Lists },
  [prefix, after = '', wants]: ListArguments,
): AsyncGenerator<StoredEntry> {
  let last = after;
  for await (const part of partsOf(from.list(prefix, after, wants))) {
    let next = 0;
    for await (const entry of to.list(prefix, last, wants)) {
      if (!part.isLast && entry.key > part.upTo) break;
      for (; keyAt(part.entries, next) < entry.key; next += 1) yield entryAt(part.entries, next);
      if (keyAt(part.entries, next) === entry.key) next += 1;
      yield entry;
    }
    yield* part.entries.slice(next);
    last = part.upTo;
  }
}

export interface ListPart {
  readonly entries: readonly StoredEntry[];
  /** The last key. */
  readonly upTo: string;
  readonly isLast: boolean;
}

/** The list in parts. The last one may be empty. */
export async function* partsOf(list: AsyncIterable<StoredEntry>): AsyncGenerator<ListPart> {
  let entries: StoredEntry[] = [];
  for await (const entry of list) {
    entries.push(entry);
    if (entries.length < PART) continue;
    yield { entries, upTo: entry.key, isLast: false };
    entries = [];
  }
  yield { entries, upTo: entries.at(-1)?.key ?? '', isLast: true };
}

function entryAt(entries: readonly StoredEntry[], at: number): StoredEntry {
  const entry = entries[at];
  if (entry === undefined) throw new RangeError('There is no such entry');
  return entry;
}

/** Behind the last one, a key that is later than any other. */
function keyAt(entries: readonly StoredEntry[], at: number): string {
  return entries[at]?.key ?? '\uffff';
}
