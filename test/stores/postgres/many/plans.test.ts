import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Connection, connectTo } from '../../../../lib/stores/postgres/connection.ts';
import { callApp } from '../../../bench/postgres/call-app.ts';
import { type Call, makeManyJobs } from '../../../bench/postgres/many-jobs.ts';
import { REQUESTS } from '../../../bench/postgres/requests.ts';
import { openApp } from '../../../support/app.ts';
import {
  dropSchema,
  nextSchema,
  openClient,
  openStore,
  serverUrl,
  targetOf,
} from '../../../support/postgres/open-store.ts';
import { explain, type PlanFacts, recordingClient } from '../../../support/postgres/plans.ts';

const JOBS = 20_000;
/** A page of 500, and the looks for objects of its place and for those without one. */
const MOST_ROWS = 600;
/** Of these each statement may be a look at every row: they have as many as there are leases, records of deletions, or one. */
const SMALL = /resident_object|removed_object|state$/;

const schema = nextSchema();
const client = openClient(targetOf(serverUrl()), 4);
const recorded = recordingClient(client);
const store = openStore(schema, { client: recorded });
const call: Call = callApp(openApp({ store }));
const explained = new Set<string>();
let connection: Connection;

beforeAll(async () => {
  connection = await connectTo({ ...targetOf(serverUrl()), prepare: false });
  const sql = (text: string) => connection.run({ text, values: [] });
  await makeManyJobs({ call, sql, schema, jobs: JOBS });
  // An index alone is read where nearly all pages are known to be visible to all. A transaction of another test keeps them from it.
  const text = `SELECT relallvisible::float / relpages FROM pg_class WHERE oid = '"${schema}".listed_object'::regclass`;
  const isVisible = async () => {
    await sql(`VACUUM "${schema}".listed_object`);
    return Number((await sql(text))[0]?.[0]) > 0.9;
  };
  await vi.waitUntil(isVisible, { timeout: 60_000, interval: 100 });
});

afterAll(async () => {
  await connection.end();
  await client.close();
  await dropSchema(schema);
});

/** Of the statements that were not asked before: there are as many texts as the store has. */
async function plansOf(run: () => Promise<unknown>): Promise<[string, PlanFacts][]> {
  recorded.take();
  await run();
  const plans: [string, PlanFacts][] = [];
  for (const statement of recorded.take()) {
    if (explained.has(statement.text)) continue;
    explained.add(statement.text);
    plans.push([statement.text, await explain(connection, statement)]);
  }
  return plans;
}

describe(`with ${JOBS} jobs`, () => {
  it.each(REQUESTS.filter(({ isLong }) => isLong !== true))(
    'each statement reads a range of an index: $name',
    async ({ prepare, run }) => {
      const known = (await prepare?.(call)) ?? {};
      for (const [text, { scans, rows }] of await plansOf(() => run(call, known))) {
        if (text.includes('count(*)')) continue;
        const whole = scans.filter(scan => scan.startsWith('Seq Scan') && !SMALL.test(scan));
        expect.soft({ text, whole }).toEqual({ text, whole: [] });
        const most = scans.every(scan => SMALL.test(scan)) ? JOBS : MOST_ROWS;
        expect.soft(rows, text).toBeLessThanOrEqual(most);
      }
    },
  );

  it('jobs are counted by their indexes alone', async () => {
    explained.clear();
    const plans = await plansOf(async () => {
      await store.ordered?.countGroups?.('jobs');
      await store.ordered?.countField?.('jobs', 'holder');
    });
    expect(plans.flatMap(([, { scans }]) => scans)).toEqual([
      'Index Only Scan listed_kinds',
      'Index Only Scan listed_by_field_b',
    ]);
  });

  it('a dry run counts by an index, and reads the jobs of its sample alone', async () => {
    const preview = async (filter: unknown) =>
      (await call('POST', '/v1/bulk', { json: { action: 'delete', filter, dry_run: true } })) as {
        readonly matched: number;
        readonly sample: readonly string[];
      };
    const stats = (await call('GET', '/v1/stats')) as {
      jobs: Record<string, number>;
      total: number;
    };
    explained.clear();
    const plans = await plansOf(async () => {
      const failed = await preview({ status: ['failed', 'cancelled'] });
      expect(failed.matched).toBe((stats.jobs['failed'] ?? 0) + (stats.jobs['cancelled'] ?? 0));
      expect(failed.sample).toHaveLength(20);
      expect((await preview({ all: true })).matched).toBe(stats.total);
    });
    const counts = plans.filter(([text]) => text.includes('count(*)'));
    expect(counts.flatMap(([, { scans }]) => scans).filter(scan => scan.includes('Seq'))).toEqual(
      [],
    );
    const others = plans.filter(([text]) => !text.includes('count(*)'));
    for (const [text, { rows }] of others) expect.soft(rows, text).toBeLessThanOrEqual(MOST_ROWS);
  });

  it.each(['j00100', 'j001', 'j', 'none'])(
    'a page of the names that begin with "%s"',
    async prefix => {
      const query = { group: 'failed', after: null, before: null, descending: true, limit: 5 };
      const all = await store.ordered?.page('jobs', { ...query, limit: JOBS });
      const named = all?.filter(({ key }) => key.startsWith(`jobs/${prefix}`)).slice(0, 5);
      expect(await store.ordered?.page('jobs', { ...query, prefix })).toEqual(named);
    },
  );

  it('countKeys() counts the keys with a prefix', async () => {
    const keys: string[] = [];
    for await (const { key } of store.list('ready/')) keys.push(key);
    expect(await store.countKeys?.('ready/')).toBe(keys.length);
    expect(await store.countKeys?.('leases/')).toBeGreaterThan(JOBS / 100 - 1);
    expect(await store.countKeys?.('none/')).toBe(0);
  });
});
