import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../lib/base/clock.ts';
import { systemRandom } from '../../../lib/base/random.ts';
import { createDoctor, type Diagnosis } from '../../../lib/doctor/doctor.ts';
import { createProcessMemory } from '../../../lib/storage/process-memory.ts';
import type { ObjectStore } from '../../../lib/store.ts';
import { createPostgresStore } from '../../../lib/stores/postgres.ts';
import {
  openClient,
  openStore,
  serverUrl,
  storeOptions,
  targetOf,
} from '../../support/postgres/open-store.ts';
import { usePostgresWorld } from './world.ts';

const { schema, client, open, sql } = usePostgresWorld();

async function examine(store: ObjectStore): Promise<Diagnosis> {
  const { verdict } = createProcessMemory({ cacheBytes: 1_000_000 });
  const doctor = createDoctor({ store, random: systemRandom, verdict, record: () => {} });
  return doctor.examine({ listKeys: 3 });
}

function failed({ checks }: Diagnosis): string[] {
  return checks.filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`);
}

/** The store as another role of the server sees it. */
async function asRole(setting: string, options: { readonly prepare?: boolean } = {}) {
  const role = `role_${systemRandom.id().slice(0, 12)}`;
  await sql(`CREATE ROLE ${role} LOGIN`);
  await sql(`GRANT USAGE ON SCHEMA {} TO ${role}`);
  await sql(`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {} TO ${role}`);
  await sql(setting.replaceAll('$role', role));
  const own = openClient({ ...targetOf(serverUrl()), user: role, ...options });
  onTestFinished(async () => {
    await own.close();
    await sql(`DROP OWNED BY ${role}`);
    await sql(`DROP ROLE ${role}`);
  });
  return openStore(schema, { client: own, delay: async () => {} });
}

const UNSAFE = 'fsync: off: a crash of its machine may destroy the database';

describe('the doctor of PostgreSQL', () => {
  it('finds only that the server of the tests does not sync', async () => {
    const diagnosis = await examine(open());
    expect(failed(diagnosis)).toEqual([UNSAFE]);
    expect(diagnosis.leases).toBe(true);
    const details = new Map(diagnosis.checks.map(({ name, detail }) => [name, detail]));
    expect(details.get('server version')).toMatch(/^PostgreSQL \d+/);
    expect(details.get('pooler')).toBe('none');
    expect(details.get('synchronous_commit')).toContain('a failover may lose acknowledged writes');
    expect(details.get('sessions of their own: compare-and-swap')).toBe('as expected');
  });

  it.each([
    [
      'commits that do not wait',
      'ALTER ROLE $role SET synchronous_commit = off',
      {},
      'synchronous_commit: off: a crash of the server takes away acknowledged writes',
    ],
    [
      'a role without a privilege',
      'REVOKE UPDATE ON ALL TABLES IN SCHEMA {} FROM $role',
      {},
      expect.stringContaining(`UPDATE on "${schema}"."resident_object"`),
    ],
    [
      'statements that may take forever',
      'ALTER ROLE $role SET statement_timeout = 0',
      { prepare: false },
      'statement_timeout: The server ends no statement: set it for the role, as it is not set behind a pooler',
    ],
    [
      'a role that only reads',
      'ALTER ROLE $role SET default_transaction_read_only = on',
      {},
      'primary: Transactions of this role or database only read',
    ],
  ])('finds %s', async (_, setting, options, found) => {
    const store = await asRole(setting, options);
    expect(failed(await examine(store))).toContainEqual(found);
  });

  it('refuses no leases for a setting', async () => {
    const store = await asRole('ALTER ROLE $role SET synchronous_commit = off');
    expect((await examine(store)).leases).toBe(true);
  });

  it.each([
    ['ahead of', 60_000],
    ['behind', -60_000],
  ])('finds a machine whose clock is %s that of the server', async (side, offsetMs) => {
    const store = open({ now: () => systemClock.millis() + offsetMs });
    const clock = failed(await examine(store)).find(text => text.startsWith('clock'));
    expect(clock).toMatch(
      new RegExp(`^clock: This machine is (?:5\\d|60)\\.\\d s ${side} the server`),
    );
  });

  it('recognizes a pooler, which names processes that the server does not have', async () => {
    const behind = { ...client, close: async () => {}, backendIds: () => [1] };
    const { checks } = await examine(openStore(schema, { client: behind }));
    expect(checks).toContainEqual({
      name: 'pooler',
      ok: true,
      detail: expect.stringContaining('prepare=false'),
    });
  });

  it('refuses leases where sessions lead to several servers', async () => {
    const [left, right] = [`${schema}_left`, `${schema}_right`];
    onTestFinished(async () => {
      await sql(`DROP SCHEMA ${left}, ${right} CASCADE`);
    });
    for (const one of [left, right]) await openStore(one).head('jobs/a.json');
    let opened = 0;
    /** Each second session sees another database. */
    function openAnother() {
      opened += 1;
      const own = openClient(targetOf(serverUrl()), 1);
      const seen = opened % 2 === 0 ? left : right;
      return {
        ...own,
        run: (statement: Parameters<typeof own.run>[0]) =>
          own.run({ ...statement, text: statement.text.replaceAll(`"${schema}"`, `"${seen}"`) }),
      };
    }
    const options = storeOptions(schema, { client: { ...client, close: async () => {} } });
    const diagnosis = await examine(createPostgresStore({ ...options, openAnother }));
    expect(failed(diagnosis)).toContainEqual(
      'sessions of their own: compare-and-swap: 2 of 4 writers won',
    );
    expect(diagnosis.leases).toBe(false);
  });

  it('leaves no session and no object behind', async () => {
    let sessions = 0;
    function openAnother() {
      sessions += 1;
      const own = openClient(targetOf(serverUrl()), 1);
      return {
        ...own,
        async close() {
          await own.close();
          sessions -= 1;
        },
      };
    }
    const options = storeOptions(schema, { client: { ...client, close: async () => {} } });
    await examine(createPostgresStore({ ...options, openAnother }));
    expect(sessions).toBe(0);
    expect(await sql(`SELECT key FROM {}."plain_object" WHERE key LIKE 'doctor/%'`)).toEqual([]);
  });
});
