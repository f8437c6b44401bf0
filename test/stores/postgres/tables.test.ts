import { describe, expect, it } from 'vitest';
import { ABSENT, atVersion, UNCONDITIONAL, type Version } from '../../../lib/store.ts';
import { bodyOf } from '../../conformance/body.ts';
import { write } from '../../conformance/write.ts';
import { openClient, openStore, serverUrl, targetOf } from '../../support/postgres/open-store.ts';
import { usePostgresWorld } from './world.ts';

const { schema, open, sql } = usePostgresWorld();

describe('renewals of a lease', () => {
  it('are heap-only updates, which write no index', async () => {
    const client = openClient(targetOf(serverUrl()), 1);
    const store = openStore(schema, { client });
    const keys = Array.from({ length: 20 }, (_, index) => `leases/job-${index}.1.json`);
    const label = JSON.stringify({ expires_at: '2026-01-02T03:04:05.678901Z', ttl_seconds: 30 });
    const body = bodyOf(label.repeat(4));
    const versions = new Map<string, Version>();
    for (let round = 0; round < 21; round += 1) {
      for (const key of keys) {
        const known = versions.get(key);
        const precondition = known === undefined ? ABSENT : atVersion(known);
        const version = await store.put(key, body, precondition, label);
        if (version === null) throw new Error('A renewal was refused');
        versions.set(key, version);
      }
    }
    // The session reports its numbers at its end.
    await store.close();
    const text = `SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE schemaname = '${schema}' AND relname = 'resident_object'`;
    await expect.poll(async () => Number((await sql(text))[0]?.[0])).toBe(400);
    const [row] = await sql(text);
    expect(Number(row?.[1])).toBeGreaterThanOrEqual(395);
  });
});

describe('an ordered write', () => {
  it('is acknowledged before it is on the disk, and is there with the next durable one', async () => {
    const store = open();
    const isFlushed = async () => {
      const [row] = await sql('SELECT pg_current_wal_flush_lsn() >= pg_current_wal_insert_lsn()');
      return row?.[0] === 't';
    };
    await write(store, 'jobs/a.json', 'one');
    expect(await isFlushed()).toBe(true);
    // The server writes what waits every 200 ms by itself: one of several is seen in between.
    let isSeen = false;
    for (let count = 0; count < 50 && !isSeen; count += 1) {
      await store.put('ready/a', bodyOf(String(count)), UNCONDITIONAL, undefined, 'ordered');
      isSeen = !(await isFlushed());
    }
    expect(isSeen).toBe(true);
    await write(store, 'jobs/a.json', 'two');
    expect(await isFlushed()).toBe(true);
  });
});

describe('the tables', () => {
  it('of a later version are refused', async () => {
    await sql('UPDATE {}.state SET version = 2');
    const store = open();
    await expect(store.head('jobs/a.json')).rejects.toThrow('Its tables have version 2');
    await sql('UPDATE {}.state SET version = 1');
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
    await sql(`DROP DATABASE ${database}`);
  });
});
