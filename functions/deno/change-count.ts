import type { ChangeCount } from '../../lib/stores/deno-kv/known-pointers.ts';

/** What this file uses of a database of `node:sqlite`, which older versions of Deno do not have. */
interface Database {
  prepare(sql: string): { get(): Readonly<Record<string, unknown>> | undefined };
}

/**
 * Counts the commits to a database of SQLite by all connections, of this process and of others. Null where that is not
 * possible: older versions of Deno do not have `node:sqlite`.
 */
export async function countChanges(
  path: string,
  platform: string = process.platform,
): Promise<ChangeCount | null> {
  const sqlite = await import('node:sqlite').catch(() => null);
  if (sqlite === null) return null;
  const database = new sqlite.DatabaseSync(path, { readOnly: true });
  const hasLog = database.prepare('PRAGMA journal_mode').get()?.['journal_mode'] === 'wal';
  // The index exists from the first read of a connection on.
  database.prepare('SELECT count(*) FROM sqlite_schema').get();
  const isReadable = hasLog && COHERENT_PLATFORMS.has(platform);
  const count = isReadable ? await countInIndex(`${path}-shm`) : null;
  if (count === null) return countByVersion(database);
  database.close();
  return count;
}

/** How long the first of the two copies of the header is. */
const HEADER_BYTES = 48;
const HEADER_WORDS = HEADER_BYTES / 4;

/** Where a file shows at once what other programs write to it through their memory. */
const COHERENT_PLATFORMS: ReadonlySet<string> = new Set(['linux', 'darwin']);

/**
 * A connection of SQLite finds out in the same way whether others have committed: the header of the index of the
 * write-ahead log has a counter, random numbers and a checksum, and each commit writes it
 * (https://sqlite.org/walformat.html#the_wal_index_header). While it is being written it differs from what it was, too.
 * To read it takes a fifth of the time of the pragma, and a fiftieth of that of a read of the KV.
 */
async function countInIndex(path: string): Promise<ChangeCount | null> {
  const { openSync, readSync } = await import('node:fs');
  const header = new Uint32Array(HEADER_WORDS);
  const bytes = new Uint8Array(header.buffer);
  let file: number;
  try {
    // It is never closed: that would release the locks that SQLite holds on this file for the whole process.
    file = openSync(path, 'r');
  } catch {
    return null;
  }
  const last = new Uint32Array(HEADER_WORDS);
  let changes = 0;

  function isRead(): boolean {
    try {
      return readSync(file, bytes, 0, HEADER_BYTES, 0) === HEADER_BYTES;
    } catch {
      return false;
    }
  }

  return () => {
    if (!isRead()) return null;
    for (let word = 0; word < HEADER_WORDS; word++) {
      if (header[word] === last[word]) continue;
      last.set(header);
      changes += 1;
      break;
    }
    return changes;
  };
}

/**
 * SQLite has a number for each connection that is another one after each commit of any other connection
 * (https://sqlite.org/pragma.html#pragma_data_version). This connection writes nothing, so it sees every commit of Deno
 * KV. To ask takes a tenth of the time of a read of the KV.
 */
function countByVersion(database: Database): ChangeCount {
  const statement = database.prepare('PRAGMA data_version');
  return () => {
    try {
      const count = statement.get()?.['data_version'];
      return typeof count === 'number' ? count : null;
    } catch {
      // SQLite is busy. The KV is asked instead, and it fails if the database does.
      return null;
    }
  };
}
