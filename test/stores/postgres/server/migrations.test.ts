import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { SHARD_LAYOUT } from '../../../../lib/storage/shard-layout.ts';
import type { PostgresClient } from '../../../../lib/stores/postgres/client.ts';
import { connectTo } from '../../../../lib/stores/postgres/connection.ts';
import { MIGRATIONS, type Migration } from '../../../../lib/stores/postgres/migrations.ts';
import { prepareSchema } from '../../../../lib/stores/postgres/schema.ts';
import { createTables } from '../../../../lib/stores/postgres/tables.ts';
import { write } from '../../../conformance/write.ts';
import {
  dropSchema,
  nextSchema,
  openClient,
  openStore,
  serverUrl,
  targetOf,
} from '../../../support/postgres/open-store.ts';

const [FIRST, ...LATER] = MIGRATIONS;
const OWN = MIGRATIONS.length;
const target = targetOf(serverUrl());
let schema: string;
let client: PostgresClient;

beforeEach(() => {
  schema = nextSchema();
  client = openClient(target, 4);
});

afterEach(async () => {
  await client.close();
  await dropSchema(schema);
});

/** As a service does that has these migrations. */
function prepare(
  migrations: readonly Migration[] = MIGRATIONS,
  { makesTables = true, as = client } = {},
): Promise<void> {
  const tables = createTables(schema, SHARD_LAYOUT);
  return prepareSchema(as, { schema, tables, makesTables, migrations });
}

async function sql(text: string) {
  return client.run({ text: text.replaceAll('{}', `"${schema}"`), values: [] });
}

/** What a later version of the service might have at the end. */
function next(worksFrom: number, statements: readonly string[] = []): Migration {
  const version = OWN + 1;
  return {
    version,
    worksFrom,
    statements: ({ removed }) => [
      ...statements,
      `ALTER TABLE ${removed} ADD COLUMN reason text DEFAULT 'none'`,
    ],
  };
}

describe('tables of an older version', () => {
  it('are changed by the first service of a later one, with all that is in them', async () => {
    if (FIRST === undefined) throw new Error('No version is the first');
    await prepare([FIRST]);
    await sql(
      `INSERT INTO {}.listed_object (key, version, body, is_text, change) VALUES ('jobs/a.json', 'v1', '{}', true, pg_current_xact_id())`,
    );
    const store = openStore(schema);
    onTestFinished(() => store.close());
    expect(await store.head('jobs/a.json')).toBe('v1');
    expect(await write(store, 'jobs/b.json', 'one')).toBe(await store.head('jobs/b.json'));
    const worksFrom = Math.max(...MIGRATIONS.map(each => each.worksFrom));
    expect(await sql('SELECT version, works_from FROM {}.state')).toEqual([
      [`${OWN}`, `${worksFrom}`],
    ]);
  });

  it('keep leases that have one id already, and take no others beside one', async () => {
    await prepare(MIGRATIONS.slice(0, 3));
    const id = '0123456789abcdef0123456789abcdef';
    const insert = (job: string) =>
      sql(
        `INSERT INTO {}.resident_object (key, version, body, is_text, change) VALUES ('leases/${job}.${id}.json', 'v1', '{}', true, pg_current_xact_id())`,
      );
    for (const job of ['a', 'b', "c'%I"]) await insert(job.replaceAll("'", "''"));
    await prepare();
    expect(await sql('SELECT count(*) FROM {}.resident_object')).toEqual([['3']]);
    await expect(insert('d')).rejects.toMatchObject({ code: '23505' });
    await sql(`UPDATE {}.resident_object SET version = 'v2'`);
    await sql(`DELETE FROM {}.resident_object WHERE key LIKE 'leases/a.%'`);
    await insert('d');
  });

  it('are changed so that bodies of jobs are compressed by lz4, where the server has that', async () => {
    await prepare(MIGRATIONS.slice(0, 2));
    await prepare();
    const [has] = await sql(
      `SELECT 'lz4' = ANY(enumvals) FROM pg_settings WHERE name = 'default_toast_compression'`,
    );
    const own = await sql(
      `SELECT attcompression = 'l' FROM pg_attribute WHERE attrelid = '{}.listed_object'::regclass AND attname = 'body'`,
    );
    expect(own).toEqual([has]);
  });

  it('are changed once when 6 services start together', async () => {
    await prepare();
    const clients = Array.from({ length: 6 }, () => openClient(target, 1));
    onTestFinished(async () => {
      await Promise.all(clients.map(each => each.close()));
    });
    const later = [...MIGRATIONS, next(OWN)];
    await Promise.all(clients.map(as => prepare(later, { as })));
    expect(await sql('SELECT version FROM {}.state')).toEqual([[`${OWN + 1}`]]);
  });

  it('are left as they are by a change that fails in the middle, and serve the older service', async () => {
    await prepare();
    const failing = next(OWN, ['CREATE TABLE {}.extra (n integer)', 'SELECT 1 / 0'].map(inSchema));
    await expect(prepare([...MIGRATIONS, failing])).rejects.toThrow('division by zero');
    expect(await sql(`SELECT to_regclass('{}.extra'), version FROM {}.state`)).toEqual([
      [null, `${OWN}`],
    ]);
    await prepare();
  });

  it('are refused, and not changed, by a program that makes no tables', async () => {
    await prepare();
    const later = [...MIGRATIONS, next(OWN)];
    await expect(prepare(later, { makesTables: false })).rejects.toThrow(
      `Its tables have version ${OWN}, and this service needs ${OWN + 1}`,
    );
    expect(await sql('SELECT version FROM {}.state')).toEqual([[`${OWN}`]]);
  });

  it('are tried again where another program holds a lock on them', async () => {
    await prepare();
    const holder = await connectTo(target);
    await holder.run({ text: 'BEGIN', values: [] });
    await holder.run({ text: inSchema('SELECT count(*) FROM {}.removed_object'), values: [] });
    await expect(prepare([...MIGRATIONS, next(OWN)])).rejects.toMatchObject({
      kind: 'passing',
      code: '55P03',
    });
    await holder.end();
    await prepare([...MIGRATIONS, next(OWN)]);
  });
});

describe('tables of a later version', () => {
  it('serve the services from the version on that they name, which change nothing back', async () => {
    await prepare([...MIGRATIONS, next(OWN)]);
    await prepare();
    const store = openStore(schema);
    onTestFinished(() => store.close());
    await write(store, 'ready/a', '');
    await store.delete('ready/a', { kind: 'none' });
    expect(await sql('SELECT reason FROM {}.removed_object')).toEqual([['none']]);
    expect(await sql('SELECT version FROM {}.state')).toEqual([[`${OWN + 1}`]]);
  });

  it('refuse the services before it', async () => {
    await prepare([...MIGRATIONS, next(OWN + 1)]);
    await expect(prepare()).rejects.toThrow(
      `Its tables have version ${OWN + 1}, and this service knows ${OWN}`,
    );
    // A change after it that only adds something leaves it so.
    const added = { version: OWN + 2, worksFrom: OWN, statements: () => [] };
    await prepare([...MIGRATIONS, next(OWN + 1), added]);
    await expect(prepare()).rejects.toThrow(`Its tables have version ${OWN + 2}`);
  });
});

describe('a role that may not change the tables', () => {
  async function asRole(grants: readonly string[]): Promise<PostgresClient> {
    const role = `${schema}_role`;
    for (const text of [`CREATE ROLE ${role} LOGIN`, ...grants]) {
      await sql(text.replaceAll('$role', role));
    }
    const own = openClient({ ...target, user: role }, 1);
    onTestFinished(async () => {
      await own.close();
      // The schema is dropped afterwards.
      const admin = openClient(target, 1);
      await admin.run({ text: `DROP OWNED BY ${role}`, values: [] });
      await admin.run({ text: `DROP ROLE ${role}`, values: [] });
      await admin.close();
    });
    return own;
  }

  it('is told that it may make none', async () => {
    const as = await asRole([]);
    await expect(prepare(MIGRATIONS, { as })).rejects.toThrow(
      `It has no tables of this service in the schema "${schema}", and the role may not make them: permission denied for database postgres`,
    );
  });

  it('is told which version it has and which it needs', async () => {
    await prepare();
    const as = await asRole([
      'GRANT USAGE ON SCHEMA {} TO $role',
      'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {} TO $role',
    ]);
    await prepare(MIGRATIONS, { as });
    await expect(prepare([...MIGRATIONS, next(OWN)], { as })).rejects.toThrow(
      `Its tables have version ${OWN}, and this service needs ${OWN + 1}, and the role may not make them: must be owner of table removed_object`,
    );
  });
});

describe('the migrations', () => {
  it('have ascending versions, and none works with a service that is newer', () => {
    expect([FIRST, ...LATER].map(each => each?.version)).toEqual(
      MIGRATIONS.map((_, index) => index + 1),
    );
    expect(MIGRATIONS.filter(({ version, worksFrom }) => worksFrom > version)).toEqual([]);
  });
});

function inSchema(text: string): string {
  return text.replaceAll('{}', `"${schema}"`);
}
