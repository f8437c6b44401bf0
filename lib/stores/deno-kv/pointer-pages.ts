import { folderKey, partsOf } from './keys.ts';
import type { KvEntry, KvKey, KvLike } from './kv-like.ts';
import type { Retry } from './retry.ts';
import { type StoredPointer, storedPointer } from './stored-pointer.ts';

export interface PointerEntry extends StoredPointer {
  readonly key: string;
}

/** Entries per page of pointers that contain bodies of an older store: a few megabytes. */
const HEAVY_PAGE = 100;
/** Entries per page of pointers that contain only labels: half a megabyte. */
const LIGHT_PAGE = 500;
/** The most that Deno KV reads at once. */
const MOST_PER_BATCH = 1_000;
/** More than the size of a pointer with the longest label. */
const LIGHT_VALUE_BYTES = 1_024;

/** The pointers below a prefix in the order of their names, from after the key `after` on. */
export async function* pointersOf(
  kv: KvLike,
  { retry, prefix, after = '' }: { retry: Retry; prefix: string; after?: string | undefined },
): AsyncGenerator<PointerEntry> {
  const { folder } = partsOf(prefix);
  const prefixKey = folderKey(folder);
  let start = after.startsWith(prefix) ? nameAfter(after) : partsOf(prefix).name;
  let limit = HEAVY_PAGE;
  for (;;) {
    const page = await retry(`list "${prefix}"`, () =>
      entriesOf(kv, { selector: { prefix: prefixKey, start: [...prefixKey, start] }, limit }),
    );
    for (const entry of page) {
      const key = `${folder}/${String(entry.key.at(-1))}`;
      // Names with the same start are adjacent, so no more follow.
      if (!key.startsWith(prefix)) return;
      yield { key, ...storedPointer(entry) };
      start = nameAfter(key);
    }
    if (page.length < limit) return;
    limit = page.every(isLight) ? LIGHT_PAGE : HEAVY_PAGE;
  }
}

/** The first possible name after that of the key. */
function nameAfter(key: string): string {
  return `${partsOf(key).name}\0`;
}

/** One page at a time: a broken listing cannot be continued, but a page can be read again. */
export async function entriesOf(
  kv: KvLike,
  {
    selector,
    limit,
    reverse = false,
  }: { readonly selector: PageSelector; readonly limit: number; readonly reverse?: boolean },
): Promise<readonly KvEntry[]> {
  const entries: KvEntry[] = [];
  // In one read: Deno would otherwise read a hundred entries at a time.
  const options = { limit, reverse, batchSize: Math.min(limit, MOST_PER_BATCH) };
  for await (const entry of kv.list(selector, options)) entries.push(entry);
  return entries;
}

type PageSelector =
  | { prefix: KvKey; start: KvKey }
  | { prefix: KvKey }
  | { start: KvKey; end: KvKey };

function isLight({ value }: KvEntry): boolean {
  return value instanceof Uint8Array && value.byteLength <= LIGHT_VALUE_BYTES;
}
