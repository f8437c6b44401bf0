import type { StoredEntry } from '../../store.ts';
import { endOf } from '../key-order.ts';
import { columnIn, textIn } from './client.ts';
import { entryIn, listObjects } from './listing.ts';
import type { Session } from './session.ts';
import type { Tables } from './tables.ts';

/** An object that may have changed: as it is stored, or null where it was deleted. */
export interface Changed {
  readonly key: string;
  readonly entry: StoredEntry | null;
}

/** What has changed below a prefix since the previous read. */
export interface ChangeReader {
  /**
   * What has changed since the last read that was finished, and perhaps some that have not. After `whole` come all objects:
   * those that are not among them are gone. Only one read may run at a time.
   */
  read(): AsyncGenerator<Changed | 'whole'>;
}

const PAGE = 2_000;

/**
 * Each row has the number of the transaction that wrote it. Transactions end in another order than they began in, so the next
 * read begins at the oldest one that had not ended when this one began.
 */
export function createChangeReader(
  { session, tables }: { readonly session: Session; readonly tables: Tables },
  { attempt, prefix }: { readonly attempt: string; readonly prefix: string },
): ChangeReader {
  const table = tables.nameOf(tables.kindOf(prefix));
  const oldestRunning = 'pg_snapshot_xmin(pg_current_snapshot())';
  const text = pageText();
  let cursor: string | null = null;

  function pageText(): string {
    const isBelow = 'change >= $1::xid8 AND key > $2 AND key >= $3 AND key < $4';
    const stored = `SELECT key, version, label FROM ${table} WHERE ${isBelow}`;
    const removed = `SELECT key, NULL, NULL FROM ${tables.removed} AS gone WHERE ${isBelow} AND NOT EXISTS (SELECT FROM ${table} AS kept WHERE kept.key = gone.key)`;
    // The record of deletions is read in the same moment as whether it is complete.
    const moment = `SELECT NULL, ${oldestRunning}::text, (forgotten < $1::xid8)::text FROM ${tables.state}`;
    return `${moment} UNION ALL (${stored} UNION ${removed} ORDER BY 1 LIMIT ${PAGE})`;
  }

  async function* whole(): AsyncGenerator<Changed | 'whole'> {
    yield 'whole';
    const [row] = await session.run(attempt, { text: `SELECT ${oldestRunning}`, values: [] });
    const oldest = textIn(row, 0);
    const all = { attempt, prefix, after: '', wants: { labels: true } };
    for await (const entry of listObjects({ session, tables }, all)) {
      yield { key: entry.key, entry };
    }
    cursor = oldest;
  }

  /** One page behind a key. */
  async function pageOf(from: string, after: string) {
    const values = [from, after, prefix, endOf(prefix)];
    const rows = await session.run(attempt, { text, values });
    const moment = rows.find(([key]) => key === null);
    return {
      oldest: textIn(moment, 1),
      isRecorded: columnIn(moment, 2) === 'true',
      changes: rows
        .filter(([key]) => key !== null)
        .map(row => ({
          key: textIn(row, 0),
          entry: columnIn(row, 1) === null ? null : entryIn(row),
        })),
    };
  }

  async function* since(from: string): AsyncGenerator<Changed | 'whole'> {
    let oldest: string | null = null;
    let after = '';
    for (;;) {
      const page = await pageOf(from, after);
      if (!page.isRecorded) {
        yield* whole();
        return;
      }
      oldest ??= page.oldest;
      yield* page.changes;
      const last = page.changes.at(-1);
      if (page.changes.length < PAGE || last === undefined) break;
      after = last.key;
    }
    cursor = oldest;
  }

  return { read: () => (cursor === null ? whole() : since(cursor)) };
}
