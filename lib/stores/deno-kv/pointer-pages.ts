import { folderKey, partsOf } from './keys.ts';
import type { KvEntry, KvKey, KvLike } from './kv-like.ts';
import type { StoredPointer } from './reader.ts';
import { storedPointer } from './reader.ts';
import type { Attempt } from './retry.ts';

export interface ShelfEntry extends StoredPointer {
  readonly key: string;
}

/** Of pointers with the bodies of an older store in them: a few megabytes. */
const HEAVY_PAGE = 100;
/** Of pointers with labels alone: half a megabyte. */
const LIGHT_PAGE = 500;
/** More than a pointer with the longest label takes. */
const LIGHT_VALUE_BYTES = 1_024;

/** The pointers below a prefix in the order of their names, from behind `after`. */
export async function* pointersOf(
  kv: KvLike,
  { attempt, prefix, after = '' }: { attempt: Attempt; prefix: string; after?: string | undefined },
): AsyncGenerator<ShelfEntry> {
  const { folder } = partsOf(prefix);
  const folderPlace = folderKey(folder);
  let start = after.startsWith(prefix) ? behind(after) : partsOf(prefix).name;
  let limit = HEAVY_PAGE;
  for (;;) {
    const page = await attempt(`list "${prefix}"`, () =>
      entriesOf(kv, { selector: { prefix: folderPlace, start: [...folderPlace, start] }, limit }),
    );
    for (const entry of page) {
      const key = `${folder}/${String(entry.key.at(-1))}`;
      // Names that begin with a text stand together: behind them there are no more.
      if (!key.startsWith(prefix)) return;
      yield { key, ...storedPointer(entry) };
      start = behind(key);
    }
    if (page.length < limit) return;
    limit = page.every(isLight) ? LIGHT_PAGE : HEAVY_PAGE;
  }
}

/** The first name that can stand behind that of the key. */
function behind(key: string): string {
  return `${partsOf(key).name}\0`;
}

/** A page at a time, for a listing that broke off cannot be gone on with, and a page can be asked for again. */
export async function entriesOf(
  kv: KvLike,
  { selector, limit }: { readonly selector: PageSelector; readonly limit: number },
): Promise<readonly KvEntry[]> {
  const entries: KvEntry[] = [];
  for await (const entry of kv.list(selector, { limit })) entries.push(entry);
  return entries;
}

type PageSelector = { prefix: KvKey; start: KvKey } | { prefix: KvKey };

function isLight({ value }: KvEntry): boolean {
  return value instanceof Uint8Array && value.byteLength <= LIGHT_VALUE_BYTES;
}
