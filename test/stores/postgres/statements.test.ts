import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { PostgresClient } from '../../../lib/stores/postgres/client.ts';
import { sectionIn } from '../../conformance/marked-section.ts';
import {
  POSTGRES_COST_MARKERS,
  POSTGRES_OPERATIONS,
  type PostgresRequestName,
  type PostgresSpending,
  postgresCostTable,
} from '../../cost/postgres-operations.ts';
import { type AppClient, openApp } from '../../support/app.ts';
import { acquire, beat, claim, type Held, update } from '../../support/leasing.ts';
import { openStore } from '../../support/postgres/open-store.ts';
import { usePostgresWorld } from './world.ts';

const DOCUMENT = new URL('../../../lib/stores/README.md', import.meta.url);
const { schema, client } = usePostgresWorld();

/** What is done before, and then counted. */
type Step = (app: AppClient) => Promise<() => Promise<unknown>>;

async function held(app: AppClient, job: Readonly<Record<string, unknown>> = {}): Promise<Held> {
  await app.create(job);
  return acquire(app);
}

async function createMany(app: AppClient): Promise<void> {
  const ids = Array.from({ length: 100 }, (_, index) => `job-${index}`);
  await Promise.all(ids.map(job_id => app.create({ job_id })));
}

const STEPS: Readonly<Record<PostgresRequestName, Step>> = {
  create: async app => () => app.create(),
  async load(app) {
    await app.create();
    return () => app.ask('GET', '/v1/jobs/job-1');
  },
  async 'list of 50 jobs among 100'(app) {
    await createMany(app);
    return () => app.ask('GET', '/v1/jobs?limit=50');
  },
  async 'list of 50 running jobs among 100'(app) {
    await createMany(app);
    return () => app.ask('GET', '/v1/jobs?limit=50&status=pending');
  },
  async statistics(app) {
    await held(app);
    await app.ask('GET', '/v1/stats');
    return () => app.ask('GET', '/v1/stats');
  },
  async acquire(app) {
    await app.create();
    return () => acquire(app);
  },
  async claim(app) {
    await app.create();
    await app.create({ job_id: 'job-2' });
    return () => claim(app);
  },
  async 'the next claim'(app) {
    await app.create();
    await app.create({ job_id: 'job-2' });
    await claim(app);
    return () => claim(app);
  },
  'claim where none waits': async app => () =>
    app.ask('POST', '/v1/claims', { json: { holder: 'w-1' } }),
  async heartbeat(app) {
    const lease = await held(app);
    return () => beat(app, lease);
  },
  async 'update completed'(app) {
    const lease = await held(app);
    await update(app, 1, 'in_progress', lease);
    return () => update(app, 1, 'completed', lease);
  },
  async 'update of the last sheet'(app) {
    const lease = await held(app, { total_sheets: 1 });
    await update(app, 1, 'in_progress', lease);
    return () => update(app, 1, 'completed', lease);
  },
  async release(app) {
    const lease = await held(app);
    return () => app.ask('DELETE', '/v1/jobs/job-1/lease', { headers: lease.headers });
  },
};

async function spendingOf(name: PostgresRequestName): Promise<PostgresSpending> {
  const texts: string[] = [];
  const counted: PostgresClient = {
    ...client,
    run(statement) {
      texts.push(statement.text);
      return client.run(statement);
    },
    close: async () => {},
  };
  const store = openStore(schema, { client: counted });
  // It looks for its tables once.
  await store.head('jobs/a.json');
  const app = openApp({ store });
  const step = await STEPS[name](app);
  texts.length = 0;
  await step();
  const synced = texts.filter(text => !/^\(|^SELECT|set_config/.test(text));
  return { statements: texts.length, synced: synced.length };
}

describe('the statements of a request', () => {
  it.each(Object.keys(POSTGRES_OPERATIONS) as PostgresRequestName[])('%s', async name => {
    expect(await spendingOf(name)).toEqual(POSTGRES_OPERATIONS[name]);
  });

  it('is what the document says', () => {
    const section = sectionIn(readFileSync(DOCUMENT, 'utf8'), POSTGRES_COST_MARKERS);
    expect(section).toBe(postgresCostTable());
  });
});
