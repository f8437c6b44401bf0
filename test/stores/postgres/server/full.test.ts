import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AppClient, openApp } from '../../../support/app.ts';
import { type MovableClock, movableSystemClock } from '../../../support/clock.ts';
import { aProblem } from '../../../support/problem.ts';
import { usePostgresWorld } from '../world.ts';

const { open, sql } = usePostgresWorld();
const TABLES = ['listed_object', 'plain_object', 'resident_object', 'removed_object'];

/** Each write of a row ends as on a disk without room for another page. `test/soak/postgres-full.ts` fills a real one. */
async function fill(): Promise<void> {
  await sql(
    `CREATE FUNCTION {}.full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      RAISE EXCEPTION 'could not extend file "base/1/2": No space left on device' USING ERRCODE = 'disk_full';
    END $$`,
  );
  for (const table of TABLES) {
    await sql(
      `CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON {}.${table} EXECUTE FUNCTION {}.full()`,
    );
  }
}

async function makeRoom(): Promise<void> {
  await sql('DROP FUNCTION IF EXISTS {}.full CASCADE');
}

let app: AppClient;
let clock: MovableClock;
let headers: Record<string, string>;
let waits: number;

afterEach(makeRoom);

beforeEach(async () => {
  clock = movableSystemClock();
  waits = 0;
  const store = open({
    async delay() {
      waits += 1;
    },
  });
  app = openApp({ store, clock });
  for (const job_id of ['waiting', 'held']) await app.create({ job_id });
  const granted = await app.ask('POST', '/v1/jobs/held/lease', { json: { holder: 'w' } });
  headers = { 'Lease-Token': JSON.parse(granted.text).token };
});

const WRITES = [
  ['POST', '/v1/jobs', { job_id: 'new', job_name: 'new', total_sheets: 1 }, 201],
  ['POST', '/v1/claims', { holder: 'x' }, 201],
  ['PUT', '/v1/jobs/held/sheets/1', { status: 'completed' }, 200],
  ['PUT', '/v1/jobs/held/lease', { progress: 1 }, 200],
  ['DELETE', '/v1/jobs/waiting', undefined, 204],
] as const;

describe('a database whose disk is full', () => {
  it.each(WRITES)(
    '%s %s answers 503 without another try, changes nothing, and works when there is room',
    async (method, path, json, status) => {
      const own = path.startsWith('/v1/jobs/held') ? { headers } : {};
      const call = () => app.ask(method, path, { ...own, ...(json === undefined ? {} : { json }) });
      const before = await sql('SELECT key, version FROM {}.listed_object ORDER BY key');
      await fill();
      const refused = await call();
      expect(refused).toMatchObject(aProblem({ status: 503, code: 'store_unavailable' }));
      expect(refused.header('retry-after')).toMatch(/^[1-9]/);
      expect(waits).toBe(0);
      expect((await app.ask('GET', '/v1/jobs/held')).status).toBe(200);
      expect((await app.ask('GET', '/v1/jobs')).status).toBe(200);
      expect(await sql('SELECT key, version FROM {}.listed_object ORDER BY key')).toEqual(before);
      await makeRoom();
      expect((await call()).status).toBe(status);
    },
  );

  it('is not ready, and ready when there is room', async () => {
    await fill();
    expect((await app.ask('GET', '/readyz')).status).toBe(503);
    await makeRoom();
    clock.advance(5_000);
    expect((await app.ask('GET', '/readyz')).status).toBe(200);
  });

  it('fails only those of the writes at one moment that need room', async () => {
    await sql(
      `CREATE FUNCTION {}.full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.key = 'jobs/b.json' THEN RAISE EXCEPTION 'No space' USING ERRCODE = 'disk_full'; END IF;
        RETURN NEW;
      END $$`,
    );
    await sql(
      'CREATE TRIGGER full_disk BEFORE INSERT ON {}.listed_object FOR EACH ROW EXECUTE FUNCTION {}.full()',
    );
    const created = await Promise.all(
      ['a', 'b', 'c'].map(job_id =>
        app.ask('POST', '/v1/jobs', { json: { job_id, job_name: 'new', total_sheets: 1 } }),
      ),
    );
    expect(created.map(({ status }) => status)).toEqual([201, 503, 201]);
  });
});
