import type { KvEntry, KvKey, KvLike } from './kv-like.ts';
import { entriesOf } from './pointer-pages.ts';
import { createRetry, type Delay, systemDelay } from './retry.ts';
import { recordedAt, UPLOAD_RECORDS_KEY, uploadOfRecord, uploadRecordKey } from './upload.ts';
import { removeUpload } from './uploads.ts';

export interface LeakedChunksOptions {
  /** Milliseconds since 1970. Must be well before the start of any upload that may still be running. */
  readonly olderThan: number;
  /** Waits the given number of milliseconds while the medium is busy. */
  readonly delay?: Delay;
}

const RECORDS_PER_PAGE = 100;

/**
 * Removes the uploads of writers that died, and the replaced or deleted bodies that writers which died did not
 * remove. Returns how many. If an upload is older than the limit but still running, it is removed and its writer
 * gets a `StoreError`.
 */
export async function removeLeakedChunks(
  kv: KvLike,
  { olderThan, delay = systemDelay }: LeakedChunksOptions,
): Promise<number> {
  const retry = createRetry({ fraction: () => 1 }, delay);

  /** Whether the entry was an upload record of that age, and its upload is now removed. */
  async function remove(entry: KvEntry): Promise<boolean> {
    const upload = uploadOfRecord(entry.key);
    if (upload === null || !(recordedAt(entry.value) < olderThan)) return false;
    // The point of no return: this write gives the record a new versionstamp, so the checks in the writer's commits fail.
    const { versionstamp, value } = entry;
    const key = uploadRecordKey(upload);
    const claimed = await retry('claim an upload', () =>
      kv.atomic().check({ key, versionstamp }).set(key, value).commit(),
    );
    if (!claimed.ok) return false;
    await removeUpload(kv, { retry, upload });
    return true;
  }

  function pageFrom(selector: { prefix: KvKey; start: KvKey } | { prefix: KvKey }) {
    return retry('list uploads', () => entriesOf(kv, { selector, limit: RECORDS_PER_PAGE }));
  }

  let removed = 0;
  let page = await pageFrom({ prefix: UPLOAD_RECORDS_KEY });
  while (page.length > 0) {
    for (const entry of page) if (await remove(entry)) removed += 1;
    const start = [...UPLOAD_RECORDS_KEY, `${String(page.at(-1)?.key.at(-1))}\0`];
    page = await pageFrom({ prefix: UPLOAD_RECORDS_KEY, start });
  }
  return removed;
}
