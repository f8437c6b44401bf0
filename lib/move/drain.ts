import { forEachConcurrently } from '../base/concurrently.ts';
import type { ObjectStore, StoredEntry } from '../store.ts';
import type { MovingStore } from '../stores/moving.ts';
import type { DrainCursor } from './record.ts';

/**
 * Leases first: to end one makes hints, so a pass without leases that finds no hints behind them has seen all. The copy
 * records and the places of sweeps come last.
 */
export const MOVED_FOLDERS = ['leases/', 'ready/', 'lapses/', 'copied/', 'sweep/'] as const;

/** A Worker has six connections at once. */
const CONCURRENCY = 6;

export interface DrainReport {
  /** Null when a whole pass has found nothing. */
  readonly cursor: DrainCursor | null;
  readonly moved: number;
}

/** Moves up to `limit` objects behind a cursor. Rejects with a `StoreError`; what was moved then stays moved. */
export async function drain(
  { from, moving }: { readonly from: Pick<ObjectStore, 'list'>; readonly moving: MovingStore },
  { cursor, limit }: { readonly cursor: DrainCursor | null; readonly limit: number },
): Promise<DrainReport> {
  let { folder, after, found } = cursor ?? { folder: 0, after: '', found: 0 };
  let moved = 0;
  for (; folder < MOVED_FOLDERS.length; folder += 1, after = '') {
    const part = await firstOf(from.list(MOVED_FOLDERS[folder] ?? '', after), limit - moved + 1);
    const taken = part.slice(0, limit - moved);
    await forEachConcurrently(each(taken), CONCURRENCY, ({ key }) => moving.move(key));
    moved += taken.length;
    found += taken.length;
    const last = taken.at(-1);
    if (part.length > taken.length) {
      return { cursor: { folder, after: last?.key ?? after, found }, moved };
    }
  }
  return { cursor: found === 0 ? null : { folder: 0, after: '', found: 0 }, moved };
}

async function firstOf(list: AsyncIterable<StoredEntry>, count: number): Promise<StoredEntry[]> {
  const entries: StoredEntry[] = [];
  for await (const entry of list) {
    entries.push(entry);
    if (entries.length === count) break;
  }
  return entries;
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
