import type { AppClient } from '../support/app.ts';
import { acquire, beat, claim, type Held, update } from '../support/leasing.ts';
import type { PostgresRequestName } from './postgres-operations.ts';

/** What is done before, and then counted. */
export type PostgresStep = (app: AppClient) => Promise<() => Promise<unknown>>;

async function held(app: AppClient, job: Readonly<Record<string, unknown>> = {}): Promise<Held> {
  await app.create(job);
  return acquire(app);
}

async function createMany(app: AppClient): Promise<void> {
  const ids = Array.from({ length: 100 }, (_, index) => `job-${index}`);
  await Promise.all(ids.map(job_id => app.create({ job_id })));
}

export const POSTGRES_STEPS: Readonly<Record<PostgresRequestName, PostgresStep>> = {
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
