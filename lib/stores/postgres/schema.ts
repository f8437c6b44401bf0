import { type PostgresClient, PostgresFault, textIn } from './client.ts';
import type { TableKind, Tables } from './tables.ts';

/** The version of the tables that this code makes and needs. */
export const SCHEMA_VERSION = 1;

/** Of the lock under which the schema is made: no two processes make it at once. */
const LOCK = '7308895134';
/** Functions of transaction numbers that the store needs. */
const OLDEST_SERVER = 140_000;

/** The schema, a table or a row is there already. */
const EXISTS: ReadonlySet<string> = new Set(['42P06', '42P07', '23505']);

/**
 * Makes the tables where they are missing. Rejects with a `PostgresFault` that is `refused` where the database cannot serve:
 * it is too old, has another encoding than UTF-8, or was changed by a later version of this service.
 */
export async function prepareSchema(
  client: Pick<PostgresClient, 'run'>,
  {
    schema,
    tables,
    makesTables,
  }: { readonly schema: string; readonly tables: Tables; readonly makesTables: boolean },
): Promise<void> {
  const [row] = await client.run({
    text: `SELECT current_setting('server_version_num'), current_setting('server_encoding'), to_regclass($1)`,
    values: [tables.state],
  });
  const [server = '', encoding = '', existing = null] = row ?? [];
  if (Number(server) < OLDEST_SERVER) throw unusable('PostgreSQL 14 or later is needed');
  if (encoding !== 'UTF8') throw unusable(`The encoding of the database is ${encoding}, not UTF8`);
  if (existing === null && !makesTables) {
    throw unusable(`It has no tables of this service in the schema "${schema}"`);
  }
  if (existing === null) await setUp(client, setupText(schema, tables));
  const version = await versionIn(client, tables);
  // Later versions may write what this one would not.
  if (version > SCHEMA_VERSION) {
    throw unusable(`Its tables have version ${version}, and this service knows ${SCHEMA_VERSION}`);
  }
}

/** Where transactions see what there was at their beginning, another process may have made the tables since. */
async function setUp(client: Pick<PostgresClient, 'run'>, text: string): Promise<void> {
  try {
    await client.run({ text, values: [] });
  } catch (error) {
    if (!(error instanceof PostgresFault) || !EXISTS.has(error.code ?? '')) throw error;
    throw new PostgresFault(error.message, { kind: 'passing', code: error.code, cause: error });
  }
}

/** One transaction. Of processes that start together, one makes the tables, and the others wait for it. */
function setupText(schema: string, tables: Tables): string {
  return `DO $setup$ BEGIN
    PERFORM pg_advisory_xact_lock(${LOCK});
    -- Names that the session has looked up before it had the lock would be of that time.
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = '${schema}') THEN
      CREATE SCHEMA "${schema}";
    END IF;
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_tables WHERE schemaname = '${schema}' AND tablename = 'state') THEN
      ${statementsFor(tables).join(';\n')};
    END IF;
  END $setup$`;
}

async function versionIn(client: Pick<PostgresClient, 'run'>, { state }: Tables): Promise<number> {
  const [row] = await client.run({ text: `SELECT version FROM ${state}`, values: [] });
  return Number(textIn(row, 0));
}

function unusable(reason: string): PostgresFault {
  return new PostgresFault(`The database cannot be used: ${reason}`, {
    kind: 'refused',
    code: null,
  });
}

function statementsFor(tables: Tables): readonly string[] {
  const listed = tables.nameOf('listed');
  const plain = tables.nameOf('plain');
  const resident = tables.nameOf('resident');
  return [
    `CREATE TABLE ${tables.state} (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), version integer NOT NULL, forgotten xid8 NOT NULL)`,
    tableText(
      tables,
      'listed',
      'place text COLLATE "C", kind text COLLATE "C", field_a text COLLATE "C", field_b text COLLATE "C"',
    ),
    `CREATE INDEX listed_by_place ON ${listed} (place DESC, key)`,
    `CREATE INDEX listed_by_kind ON ${listed} (kind, place DESC, key)`,
    // For counts: a twentieth of the one above.
    `CREATE INDEX listed_kinds ON ${listed} (kind)`,
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
