import type { KvEntry, KvKey, KvLike } from './kv-like.ts';
import { entriesOf } from './pointer-pages.ts';
import { createAttempt, type Delay, systemDelay } from './retry.ts';
import { MARKERS_KEY, markedAt, markerKey, uploadOfMarker } from './upload.ts';
import { removeUpload } from './uploads.ts';

export interface LeakedChunksOptions {
  /** Milliseconds since 1970. To be well before the begin of any upload that may still be under way. */
  readonly olderThan: number;
  /** Waits so many milliseconds while the medium is busy. */
  readonly delay?: Delay;
}

const MARKERS_PER_PAGE = 100;

/**
 * Removes what uploads have left behind whose writers died, and bodies that were replaced or deleted by
 * writers who died before they had tidied up. Answers how many. An upload that is still under way and
 * older than that is not stored: its writer hears of it as a `StoreError`.
 */
export async function removeLeakedChunks(
  kv: KvLike,
  { olderThan, delay = systemDelay }: LeakedChunksOptions,
): Promise<number> {
  const attempt = createAttempt({ fraction: () => 1 }, delay);

  /** Whether the entry was a marker of that age, and what it marked is gone. */
  async function remove(entry: KvEntry): Promise<boolean> {
    const upload = uploadOfMarker(entry.key);
    if (upload === null || !(markedAt(entry.value) < olderThan)) return false;
    // The point of no return: a marker written anew is not the one that the writer's commits check.
    const { versionstamp, value } = entry;
    const key = markerKey(upload);
    const doomed = await attempt('mark an upload', () =>
      kv.atomic().check({ key, versionstamp }).set(key, value).commit(),
    );
    if (!doomed.ok) return false;
    await removeUpload(kv, { attempt, upload });
    return true;
  }

  function pageFrom(selector: { prefix: KvKey; start: KvKey } | { prefix: KvKey }) {
    return attempt('list uploads', () => entriesOf(kv, { selector, limit: MARKERS_PER_PAGE }));
  }

  let removed = 0;
  let page = await pageFrom({ prefix: MARKERS_KEY });
  while (page.length > 0) {
    for (const entry of page) if (await remove(entry)) removed += 1;
    const start = [...MARKERS_KEY, `${String(page.at(-1)?.key.at(-1))}\0`];
    page = await pageFrom({ prefix: MARKERS_KEY, start });
  }
  return removed;
}
