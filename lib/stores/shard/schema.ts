import type { SqlLike, SqlRow } from './sql.ts';

/** A place of a catalogue's entry has its order and group, and two fields of the layout; null where they are not known. */
const TABLES = [
  'CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID',
  `CREATE TABLE object (
    key TEXT PRIMARY KEY, version TEXT NOT NULL, over TEXT, label TEXT, body BLOB NOT NULL, tag TEXT
  ) WITHOUT ROWID`,
  'CREATE INDEX object_by_tag ON object (tag, key) WHERE tag IS NOT NULL',
  `CREATE TABLE listed (
    key TEXT PRIMARY KEY, version TEXT NOT NULL, label TEXT, place TEXT, kind TEXT, field_a TEXT, field_b TEXT
  ) WITHOUT ROWID`,
  'CREATE INDEX listed_by_place ON listed (place, key DESC)',
  'CREATE INDEX listed_by_kind ON listed (kind, place, key DESC)',
  "CREATE INDEX listed_by_a ON listed (field_a, place, key DESC) WHERE field_a IS NOT ''",
  "CREATE INDEX listed_by_b ON listed (field_b, place, key DESC) WHERE field_b IS NOT ''",
  `CREATE TABLE journal (
    slot INTEGER PRIMARY KEY, seq INTEGER NOT NULL, floor INTEGER NOT NULL, open_until INTEGER NOT NULL, items TEXT NOT NULL
  )`,
];

const FORMAT = '1';

/** Makes the tables of a new database. Throws for one that a later version has written. */
export function prepareSchema(sql: SqlLike): void {
  const tables = sql.exec("SELECT name FROM sqlite_master WHERE name = 'meta'").toArray();
  if (tables.length === 0) {
    sql.transaction(() => {
      for (const statement of TABLES) sql.exec(statement);
      writeMeta(sql, 'format', FORMAT);
    });
  }
  const format = readMeta(sql, 'format');
  if (format !== FORMAT) throw new Error(`The database of the shard has the format ${format}`);
}

export function readMeta(sql: SqlLike, name: string): string | null {
  const [row] = sql.exec('SELECT value FROM meta WHERE name = ?', name).toArray();
  return row === undefined ? null : textIn(row, 'value');
}

export function writeMeta(sql: SqlLike, name: string, value: string): void {
  sql.exec(
    'INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    name,
    value,
  );
}

export function textIn(row: SqlRow, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw new TypeError(`No text in ${column}`);
  return value;
}

export function optionalTextIn(row: SqlRow, column: string): string | null {
  return row[column] === null ? null : textIn(row, column);
}

export function numberIn(row: SqlRow, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw new TypeError(`No number in ${column}`);
  return value;
}

export function bytesIn(row: SqlRow, column: string): Uint8Array<ArrayBuffer> {
  const value = row[column];
  if (!(value instanceof ArrayBuffer)) throw new TypeError(`No bytes in ${column}`);
  return new Uint8Array(value);
}
