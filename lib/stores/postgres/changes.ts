import type { StoredEntry } from '../../store.ts';
import { endOf } from '../key-order.ts';
import { columnIn, type SqlRow, textIn } from './client.ts';
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
/** Behind a pooler nothing else shows that. Version 14 reads a file for it. */
const COUNTS_SINCE = `CASE WHEN current_setting('server_version_num')::int >= 150000 THEN extract(epoch FROM pg_stat_get_bgwriter_stat_reset_time())::text END`;
const OLDEST_RUNNING = 'pg_snapshot_xmin(pg_current_snapshot())';
/** The numbers from here on were given to no transaction yet. */
export const NOT_GIVEN = 'pg_snapshot_xmax(pg_current_snapshot())';

/** How far changes were read. */
interface Cursor {
  /** The oldest transaction that may write rows which were not read. */
  readonly oldest: string;
  /** When the server was started. */
  readonly startedAt: string;
  /** When its statistics began: a crash of one of its processes resets them. Null where that is not read. */
  readonly countsSince: string | null;
  /** The processes of the server that served then. */
  readonly backendIds: readonly number[];
}

/** The server at the moment of a read. */
type Moment = Pick<Cursor, 'oldest' | 'startedAt' | 'countsSince'>;

/**
 * Each row has the number of the transaction that wrote it. Transactions end in another order than they began in, so the next
 * read begins at the oldest one that had not ended when this one began. Rows that another server wrote and that came here in a
 * dump may have numbers which are not given yet: they have not changed since.
 */
export function createChangeReader(
  {
    session,
    tables,
    backendIds,
  }: {
    readonly session: Session;
    readonly tables: Tables;
    readonly backendIds: () => readonly number[];
  },
  { attempt, prefix }: { readonly attempt: string; readonly prefix: string },
): ChangeReader {
  const table = tables.nameOf(tables.kindOf(prefix));
  const moment = `${OLDEST_RUNNING}::text, extract(epoch FROM pg_postmaster_start_time())::text, ${COUNTS_SINCE}`;
  const text = pageText();
  let cursor: Cursor | null = null;

  function pageText(): string {
    const isBelow = `change >= $1::xid8 AND change < ${NOT_GIVEN} AND key > $2 AND key >= $3 AND key < $4`;
    const stored = `SELECT key, version, label, NULL, NULL FROM ${table} WHERE ${isBelow}`;
    const removed = `SELECT key, NULL, NULL, NULL, NULL FROM ${tables.removed} AS gone WHERE ${isBelow} AND NOT EXISTS (SELECT FROM ${table} AS kept WHERE kept.key = gone.key)`;
    // The record of deletions is read in the same moment as whether it is complete. It is not where somebody has emptied all tables.
    const isRecorded = `forgotten < $1::xid8 OR forgotten >= ${NOT_GIVEN}`;
    return `SELECT NULL, ${moment}, (${isRecorded})::text FROM (SELECT) AS here LEFT JOIN ${tables.state} ON true UNION ALL (${stored} UNION ${removed} ORDER BY 1 LIMIT ${PAGE})`;
  }

  /** Where another server took over, or this one crashed, it may give numbers once more that it had given for what it lost. */
  function isContinued(from: Cursor, { oldest, startedAt, countsSince }: Moment): boolean {
    if (startedAt !== from.startedAt || countsSince !== from.countsSince) return false;
    if (BigInt(oldest) < BigInt(from.oldest)) return false;
    const now = backendIds();
    return from.backendIds.length === 0 || from.backendIds.some(id => now.includes(id));
  }

  async function* whole(): AsyncGenerator<Changed | 'whole'> {
    yield 'whole';
    const [row] = await session.run(attempt, { text: `SELECT ${moment}`, values: [] });
    const next = { ...momentIn(row, 0), backendIds: backendIds() };
    const all = { attempt, prefix, after: '', wants: { labels: true } };
    for await (const entry of listObjects({ session, tables }, all)) {
      yield { key: entry.key, entry };
    }
    cursor = next;
  }

  /** One page behind a key. */
  async function pageOf(from: string, after: string) {
    const values = [from, after, prefix, endOf(prefix)];
    const rows = await session.run(attempt, { text, values });
    const first = rows.find(([key]) => key === null);
    return {
      moment: momentIn(first, 1),
      isRecorded: columnIn(first, 4) === 'true',
      changes: rows
        .filter(([key]) => key !== null)
        .map(row => ({
          key: textIn(row, 0),
          entry: columnIn(row, 1) === null ? null : entryIn(row),
        })),
    };
  }

  async function* since(from: Cursor): AsyncGenerator<Changed | 'whole'> {
    let next: Cursor | null = null;
    let after = '';
    for (;;) {
      const page = await pageOf(from.oldest, after);
      if (!page.isRecorded || !isContinued(next ?? from, page.moment)) {
        yield* whole();
        return;
      }
      next ??= { ...page.moment, backendIds: backendIds() };
      yield* page.changes;
      const last = page.changes.at(-1);
      if (page.changes.length < PAGE || last === undefined) break;
      after = last.key;
    }
    cursor = next;
  }

  return { read: () => (cursor === null ? whole() : since(cursor)) };
}

/** The columns of a moment, from this one on. */
function momentIn(row: SqlRow | undefined, from: number): Moment {
  return {
    oldest: textIn(row, from),
    startedAt: textIn(row, from + 1),
    countsSince: columnIn(row, from + 2),
  };
}
