import { columnIn, type PostgresClient, PostgresFault } from './client.ts';
import type { TableKind, Tables } from './tables.ts';

/** The version of the tables that this code makes and needs. */
export const SCHEMA_VERSION = 1;

/** Of the lock under which the schema is made: no two processes make it at once. */
const LOCK = '7308895134';
/** Functions of transaction numbers that the store needs. */
const OLDEST_SERVER = 140_000;

/**
 * Makes the tables where they are missing. Rejects with a `PostgresFault` that is `refused` where the database cannot serve:
 * it is too old, has another encoding than UTF-8, or was changed by a later version of this service.
 */
export async function prepareSchema(
  client: Pick<PostgresClient, 'run' | 'transaction'>,
  { schema, tables }: { readonly schema: string; readonly tables: Tables },
): Promise<void> {
  const [row] = await client.run({
    text: `SELECT current_setting('server_version_num'), current_setting('server_encoding'), to_regclass($1)`,
    values: [tables.state],
  });
  const [server = '', encoding = '', existing = null] = row ?? [];
  if (Number(server) < OLDEST_SERVER) throw unusable('PostgreSQL 14 or later is needed');
  if (encoding !== 'UTF8') throw unusable(`The encoding of the database is ${encoding}, not UTF8`);
  if (existing !== null && (await versionIn(client, tables)) === SCHEMA_VERSION) return;
  await client.transaction(async run => {
    await run({ text: 'SELECT pg_advisory_xact_lock($1)', values: [LOCK] });
    const [found] = await run({ text: 'SELECT to_regclass($1)', values: [tables.state] });
    if (columnIn(found, 0) !== null) {
      await versionIn({ run }, tables);
      return;
    }
    for (const text of statementsFor(schema, tables)) await run({ text, values: [] });
  });
}

async function versionIn({ run }: Pick<PostgresClient, 'run'>, { state }: Tables): Promise<number> {
  const [row] = await run({ text: `SELECT version FROM ${state}`, values: [] });
  const version = Number(row?.[0]);
  // Later versions may write what this one would not.
  if (version > SCHEMA_VERSION) {
    throw unusable(`Its tables have version ${version}, and this service knows ${SCHEMA_VERSION}`);
  }
  return version;
}

function unusable(reason: string): PostgresFault {
  return new PostgresFault(`The database cannot be used: ${reason}`, {
    kind: 'refused',
    code: null,
  });
}

function statementsFor(schema: string, tables: Tables): readonly string[] {
  const listed = tables.nameOf('listed');
  const plain = tables.nameOf('plain');
  const resident = tables.nameOf('resident');
  return [
    `CREATE SCHEMA IF NOT EXISTS "${schema}"`,
    `CREATE TABLE ${tables.state} (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), version integer NOT NULL, forgotten xid8 NOT NULL)`,
    tableText(
      tables,
      'listed',
      'place text COLLATE "C", kind text COLLATE "C", field_a text COLLATE "C", field_b text COLLATE "C"',
    ),
    `CREATE INDEX listed_by_place ON ${listed} (place DESC, key)`,
    `CREATE INDEX listed_by_kind ON ${listed} (kind, place DESC, key)`,
    `CREATE INDEX listed_by_field_a ON ${listed} (field_a, place DESC, key) WHERE field_a IS DISTINCT FROM ''`,
    `CREATE INDEX listed_by_field_b ON ${listed} (field_b, place DESC, key) WHERE field_b IS DISTINCT FROM ''`,
    tableText(tables, 'plain', 'tag text COLLATE "C"'),
    `CREATE INDEX plain_by_tag ON ${plain} (tag, key) WHERE tag IS NOT NULL`,
    `CREATE INDEX plain_by_change ON ${plain} (change)`,
    tableText(tables, 'resident', null),
    // A renewal writes into the page that has the row, and no index: half of each page is kept free for it.
    `ALTER TABLE ${resident} SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 500)`,
    // Hints come and go at one end of their index.
    `ALTER TABLE ${plain} SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000)`,
    `CREATE TABLE ${tables.removed} (key text COLLATE "C" NOT NULL, version text COLLATE "C" NOT NULL, id text COLLATE "C" NOT NULL, change xid8 NOT NULL, at timestamptz NOT NULL DEFAULT now())`,
    `CREATE INDEX removed_by_change ON ${tables.removed} (change)`,
    `INSERT INTO ${tables.state} (version, forgotten) VALUES (${SCHEMA_VERSION}, '0')`,
  ];
}

function tableText(tables: Tables, kind: TableKind, own: string | null): string {
  const columns = [
    'key text COLLATE "C" PRIMARY KEY',
    'version text COLLATE "C" NOT NULL',
    'replaced text COLLATE "C"',
    'body bytea NOT NULL',
    'is_text boolean NOT NULL',
    'label text COLLATE "C"',
    'change xid8 NOT NULL',
    ...(own === null ? [] : [own]),
  ];
  return `CREATE TABLE ${tables.nameOf(kind)} (${columns.join(', ')})`;
}
