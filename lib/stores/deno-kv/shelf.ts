import type { Attempt } from './attempt.ts';
import type { KvEntry, KvKey, KvLike } from './kv-like.ts';
import { folderKey, partsOf } from './place.ts';
import type { StoredPointer } from './reader.ts';
import { storedPointer } from './reader.ts';

export interface ShelfEntry extends StoredPointer {
  readonly key: string;
}

/** A page of small bodies is a few megabytes. */
const ENTRIES_PER_PAGE = 100;

/** The pointers below a prefix in the order of their names, from behind `after`. */
export async function* pointersOf(
  kv: KvLike,
  { attempt, prefix, after = '' }: { attempt: Attempt; prefix: string; after?: string | undefined },
): AsyncGenerator<ShelfEntry> {
  const { folder } = partsOf(prefix);
  const folderPlace = folderKey(folder);
  let start = after.startsWith(prefix) ? behind(after) : partsOf(prefix).name;
  for (;;) {
    const page = await attempt(`list "${prefix}"`, () =>
      entriesOf(kv, { prefix: folderPlace, start: [...folderPlace, start] }),
    );
    for (const entry of page) {
      const key = `${folder}/${String(entry.key.at(-1))}`;
      // Names that begin with a text stand together: behind them there are no more.
      if (!key.startsWith(prefix)) return;
      yield { key, ...storedPointer(entry) };
      start = behind(key);
    }
    if (page.length < ENTRIES_PER_PAGE) return;
  }
}

/** The first name that can stand behind that of the key. */
function behind(key: string): string {
  return `${partsOf(key).name}\0`;
}

/** A page at a time, for a listing that broke off cannot be gone on with, and a page can be asked for again. */
export async function entriesOf(
  kv: KvLike,
  selector: { prefix: KvKey; start: KvKey } | { prefix: KvKey },
): Promise<readonly KvEntry[]> {
  const entries: KvEntry[] = [];
  for await (const entry of kv.list(selector, { limit: ENTRIES_PER_PAGE })) entries.push(entry);
  return entries;
}
