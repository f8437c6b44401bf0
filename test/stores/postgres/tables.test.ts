import { describe, expect, it } from 'vitest';
import { write } from '../../conformance/write.ts';
import { openClient, openStore, serverUrl, targetOf } from '../../support/postgres/open-store.ts';
import { usePostgresWorld } from './world.ts';

const { schema, open, sql } = usePostgresWorld();

describe('the tables', () => {
  it('of a later version are refused', async () => {
    await sql('UPDATE {}.state SET version = 9, works_from = 9');
    const store = open();
    await expect(store.head('jobs/a.json')).rejects.toThrow('Its tables have version 9');
    await sql('UPDATE {}.state SET version = 2, works_from = 2');
    expect(await store.head('jobs/a.json')).toBeNull();
  });

  it('need no more privileges than a schema of their own', async () => {
    const role = `${schema}_user`;
    await sql(`CREATE ROLE ${role} LOGIN`);
    await sql(`CREATE SCHEMA ${role} AUTHORIZATION ${role}`);
    const store = openStore(role, {
      client: openClient({ ...targetOf(serverUrl()), user: role }, 1),
    });
    expect(await write(store, 'jobs/a.json', 'one')).toBe(await store.head('jobs/a.json'));
    await store.close();
    await sql(`DROP OWNED BY ${role} CASCADE`);
    await sql(`DROP ROLE ${role}`);
  });

  it('are not made in a database of another encoding', async () => {
    const database = `${schema}_latin`;
    await sql(`CREATE DATABASE ${database} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`);
    const client = openClient({ ...targetOf(serverUrl()), database }, 1);
    const store = openStore(schema, { client });
    await expect(store.head('jobs/a.json')).rejects.toThrow('is LATIN1, not UTF8');
    await store.close();
    await sql(`DROP DATABASE ${database} WITH (FORCE)`);
  });
});
