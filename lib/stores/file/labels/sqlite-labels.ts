import { closeSync, fchmodSync, openSync, rmSync } from 'node:fs';
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { Version } from '../../../store.ts';
import { checksumOf, type FileLabel, nsText, settledBefore } from './file-label.ts';
import type { LabelChange, LabelFile, LabelMedium, LabelMediumOptions } from './label-medium.ts';
import type { Sqlite } from './sqlite-module.ts';

/** Another number for another layout of the tables. */
const FORMAT = 1;

const TABLES = `
  CREATE TABLE run (only INTEGER PRIMARY KEY CHECK (only = 0), boot_id TEXT NOT NULL, seen_at TEXT NOT NULL);
  CREATE TABLE label (
    key TEXT PRIMARY KEY, version TEXT NOT NULL, changed_at TEXT NOT NULL, text TEXT NOT NULL, checksum INTEGER NOT NULL
  ) WITHOUT ROWID;
  PRAGMA user_version = ${FORMAT};
`;

/** For the few writers of one folder. Every wait stops the process. */
const BUSY_MS = 20;
const LABELS_A_PAGE = 500;

const SQLITE_FAULTS = new Map<unknown, 'busy' | 'damaged'>([
  [5, 'busy'],
  [6, 'busy'],
  [11, 'damaged'],
  [26, 'damaged'],
]);

/** Labels in a database of SQLite. Several processes may have it open. */
export function sqliteLabels(sqlite: Sqlite, options: LabelMediumOptions): LabelMedium {
  const { path } = options;

  function discard(): void {
    for (const suffix of ['', '-wal', '-shm', '-journal']) {
      rmSync(`${path}${suffix}`, { force: true });
    }
  }

  function connect(): DatabaseSync {
    createFile(options);
    const database = new sqlite.DatabaseSync(path);
    try {
      // A crash of the machine may damage the file. It is then made again.
      database.exec(`
        PRAGMA busy_timeout = ${BUSY_MS};
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = OFF;
        PRAGMA cell_size_check = ON;
        PRAGMA trusted_schema = OFF;
      `);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  return {
    path,
    discard,

    open() {
      let database = connect();
      const format = formatOf(database);
      if (format !== FORMAT && format !== 0) {
        database.close();
        discard();
        database = connect();
      }
      try {
        return labelsIn(database, options);
      } catch (error) {
        database.close();
        throw error;
      }
    },

    faultOf: error =>
      error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
        ? (SQLITE_FAULTS.get(error.errcode & 0xff) ?? 'failed')
        : 'failed',
  };
}

/** Before SQLite does, which would give it the mode of the umask. */
function createFile({ path, mode }: LabelMediumOptions): void {
  const fd = openSync(path, 'a', mode);
  try {
    fchmodSync(fd, mode);
  } finally {
    closeSync(fd);
  }
}

function formatOf(database: DatabaseSync): unknown {
  return database.prepare('PRAGMA user_version').get()?.['user_version'];
}

function labelsIn(
  database: DatabaseSync,
  { bootId, nowNs }: Pick<LabelMediumOptions, 'bootId' | 'nowNs'>,
): LabelFile {
  function transact(task: () => void): void {
    database.exec('BEGIN IMMEDIATE');
    try {
      task();
      database.exec('COMMIT');
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  }

  function begin(): void {
    if (formatOf(database) === 0) database.exec(TABLES);
    const last = database.prepare('SELECT boot_id, seen_at FROM run').get();
    if (last !== undefined && (bootId === null || last['boot_id'] !== bootId)) {
      const settled = settledBefore(String(last['seen_at']));
      database.prepare('DELETE FROM label WHERE changed_at > ?').run(settled);
    }
    see();
  }

  function see(): void {
    const seenAt = nsText(nowNs());
    database.prepare('INSERT OR REPLACE INTO run VALUES (0, ?, ?)').run(bootId ?? '', seenAt);
  }

  function* pages(prefix: string): Generator<readonly FileLabel[]> {
    const page = database.prepare(
      `SELECT key, version, changed_at, text, checksum FROM label WHERE key > ? AND key < ?
       ORDER BY key LIMIT ${LABELS_A_PAGE}`,
    );
    // Newer versions of Node only. An object for each row takes twice as long.
    page.setReturnArrays?.(true);
    let last = prefix;
    for (;;) {
      const rows = page.all(last, `${prefix}\u{10FFFF}`).map(valuesOf);
      const end = rows.at(-1)?.[0];
      // In a damaged file the keys may not ascend.
      if (typeof end !== 'string' || !isBehind(end, last)) return;
      last = end;
      yield rows.flatMap(labelOf);
    }
  }

  transact(begin);
  const keep = database.prepare('INSERT OR REPLACE INTO label VALUES (?, ?, ?, ?, ?)');
  const drop = database.prepare('DELETE FROM label WHERE key = ?');

  function apply(change: LabelChange): void {
    if (change.kind === 'drop') {
      drop.run(change.key);
      return;
    }
    const { key, version, changedAtNs, text } = change.label;
    keep.run(key, version, changedAtNs, text, checksumOf(change.label));
  }

  return {
    pages,
    write: changes =>
      transact(() => {
        for (const change of changes) apply(change);
        see();
      }),
    compact: () => [],
    close: () => database.close(),
  };
}

/** In the order of SQLite. */
function isBehind(key: string, earlier: string): boolean {
  return Buffer.compare(Buffer.from(key), Buffer.from(earlier)) > 0;
}

type Row = readonly SQLOutputValue[];

function valuesOf(row: Readonly<Record<string, SQLOutputValue>> | Row): Row {
  return Array.isArray(row) ? row : Object.values(row);
}

/** None for a damaged row. */
function labelOf([key, version, changedAtNs, text, checksum]: Row): FileLabel[] {
  if (typeof key !== 'string' || typeof version !== 'string') return [];
  if (typeof changedAtNs !== 'string' || typeof text !== 'string') return [];
  const label = { key, version: version as Version, changedAtNs, text };
  return checksumOf(label) === checksum ? [label] : [];
}
