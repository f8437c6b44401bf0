import { type PostgresClient, PostgresFault, type SqlRow } from './client.ts';
import { MIGRATIONS, type Migration } from './migrations.ts';
import type { Tables } from './tables.ts';

/** Of the lock under which the tables are made and changed: no two processes do that at once. */
const LOCK = '7308895134';
/** Functions of transaction numbers that the store needs. */
const OLDEST_SERVER = 140_000;

/** The schema, a table, a column or a row is there already. */
const EXISTS: ReadonlySet<string> = new Set(['42P06', '42P07', '42701', '23505']);
const NOT_PERMITTED = '42501';

export interface SchemaOptions {
  readonly schema: string;
  readonly tables: Tables;
  /** False: tables that are missing or of an older version are refused. */
  readonly makesTables: boolean;
  /** Those of this service where it is left out. */
  readonly migrations?: readonly Migration[];
}

/**
 * Makes the tables where they are missing, and changes those of an older version: in one transaction, so all of it or nothing. Rejects
 * with a `PostgresFault` that is `refused` where the database cannot serve: it is too old, has another encoding than UTF-8, was
 * changed by a later version with which this one does not work, or the role may not make the change.
 */
export async function prepareSchema(
  client: Pick<PostgresClient, 'run'>,
  { schema, tables, makesTables, migrations = MIGRATIONS }: SchemaOptions,
): Promise<void> {
  const [row] = await client.run({
    text: `SELECT current_setting('server_version_num'), current_setting('server_encoding'), to_regclass($1)`,
    values: [tables.state],
  });
  const [server = '', encoding = '', existing = null] = row ?? [];
  if (Number(server) < OLDEST_SERVER) throw unusable('PostgreSQL 14 or later is needed');
  if (encoding !== 'UTF8') throw unusable(`The encoding of the database is ${encoding}, not UTF8`);
  const known = migrations.at(-1)?.version ?? 0;
  const found = existing === null ? null : await versionIn(client, tables);
  if (found !== null && found.version >= known) {
    requireKnown(found, known);
    return;
  }
  const finding =
    found === null
      ? `It has no tables of this service in the schema "${schema}"`
      : `Its tables have version ${found.version}, and this service needs ${known}`;
  if (!makesTables) throw unusable(finding);
  await migrate(client, { text: migrationText(schema, { tables, migrations }), finding });
  requireKnown(await versionIn(client, tables), known);
}

/** Later versions may write what this one would not, unless they say that it works with their tables. */
function requireKnown({ version, worksFrom }: FoundVersion, known: number): void {
  if (version <= known || worksFrom <= known) return;
  throw unusable(`Its tables have version ${version}, and this service knows ${known}`);
}

/** Where transactions see what there was at their beginning, another process may have changed the tables since. */
async function migrate(
  client: Pick<PostgresClient, 'run'>,
  { text, finding }: { readonly text: string; readonly finding: string },
): Promise<void> {
  try {
    await client.run({ text, values: [] });
  } catch (error) {
    if (!(error instanceof PostgresFault)) throw error;
    const { message, code } = error;
    if (code === NOT_PERMITTED)
      throw unusable(`${finding}, and the role may not make them: ${message}`);
    if (!EXISTS.has(code ?? '')) throw error;
    throw new PostgresFault(message, { kind: 'passing', code, cause: error });
  }
}

/** One transaction. Of processes that start together, one makes the changes, and the others wait for it. */
function migrationText(
  schema: string,
  { tables, migrations }: { readonly tables: Tables; readonly migrations: readonly Migration[] },
): string {
  const { state } = tables;
  const steps = migrations.map(migration => {
    const { version } = migration;
    return `IF had < ${version} THEN ${stepText(migration, tables)} END IF;`;
  });
  return `DO $migrate$ DECLARE had integer := 0; BEGIN
    PERFORM pg_advisory_xact_lock(${LOCK});
    -- Statements of running services wait behind one that waits for a lock: not for long. It is tried again.
    PERFORM set_config('lock_timeout', '2s', true);
    -- Names that the session has looked up before it had the lock would be of that time.
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = '${schema}') THEN
      CREATE SCHEMA "${schema}";
    END IF;
    IF EXISTS (SELECT FROM pg_catalog.pg_tables WHERE schemaname = '${schema}' AND tablename = 'state') THEN
      SELECT version FROM ${state} INTO STRICT had;
    END IF;
    ${steps.join('\n')}
  END $migrate$`;
}

/** The first version makes the row itself. A change that older services do not work with stays one. */
function stepText({ version, worksFrom, statements }: Migration, tables: Tables): string {
  const record = `UPDATE ${tables.state} SET version = ${version}, works_from = greatest(works_from, ${worksFrom})`;
  const all = [...statements(tables), ...(version === 1 ? [] : [record])];
  return all.map(statement => `${statement};\n`).join('');
}

interface FoundVersion {
  readonly version: number;
  readonly worksFrom: number;
}

async function versionIn(
  client: Pick<PostgresClient, 'run'>,
  { state }: Tables,
): Promise<FoundVersion> {
  // Tables of version 1 have no `works_from`.
  const text = `SELECT version, to_jsonb(state) ->> 'works_from' FROM ${state} AS state`;
  const [row]: readonly SqlRow[] = await client.run({ text, values: [] });
  if (row === undefined) {
    throw unusable(
      `${state} has no row, which says the version of the tables: somebody has emptied it`,
    );
  }
  const [version = null, worksFrom = null] = row;
  return { version: Number(version), worksFrom: Number(worksFrom ?? version) };
}

function unusable(reason: string): PostgresFault {
  return new PostgresFault(`The database cannot be used: ${reason}`, {
    kind: 'refused',
    code: null,
  });
}
