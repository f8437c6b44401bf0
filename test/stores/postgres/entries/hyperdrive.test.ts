import { afterAll, describe, expect, it } from 'vitest';
import { throughHyperdrive } from '../../../../functions/cloudflare/hyperdrive/client.ts';
import { mintAccessToken } from '../../../../lib/access/access-token.ts';
import { systemRandom } from '../../../../lib/base/random.ts';
import type { PostgresClient } from '../../../../lib/stores/postgres/client.ts';
import { createPostgresStore } from '../../../../lib/stores/postgres.ts';
import { collect } from '../../../conformance/write.ts';
import { expireLeases } from '../../../deno/life.ts';
import { buildWorker } from '../../../entries/cloudflare-bundle.ts';
import { startEmulation } from '../../../entries/cloudflare-emulation.ts';
import { claim, update } from '../../../support/leasing.ts';
import {
  openClient,
  openStore,
  serverUrl,
  storeOptions,
  targetOf,
} from '../../../support/postgres/open-store.ts';
import { openProxy } from '../../../support/postgres/proxy.ts';
import { runSql } from '../../../support/postgres/shared-client.ts';
import { aProblem } from '../../../support/problem.ts';
import { aState } from '../../../support/state.ts';

const token = await mintAccessToken(systemRandom.secret());
const bundle = await buildWorker('hyperdrive');
const database = `worker_${process.pid}`;
const DATABASE_URL = serverUrl().replace(/postgres$/, database);
await runSql({ text: `CREATE DATABASE ${database}`, values: [] });
const { port } = new URL(serverUrl());
const proxy = await openProxy(Number(port));
// Beside the Worker.
const client = openClient(targetOf(DATABASE_URL));
const store = openStore('dalsegno', { client });

/** Miniflare asks for a password. */
function urlOf(url: string): string {
  return url.replace('admin@', 'admin:geheim@');
}

const emulation = await startEmulation({
  script: bundle.script,
  workers: {
    shared: { token, hyperdrive: urlOf(DATABASE_URL) },
    'goes down': { token, hyperdrive: urlOf(DATABASE_URL).replace(port, String(proxy.port)) },
    'and r2': { token, hyperdrive: urlOf(serverUrl()), stores: ['r2'] },
  },
});

afterAll(async () => {
  await emulation.stop();
  await proxy.close();
  await store.close();
  await runSql({ text: `DROP DATABASE ${database} WITH (FORCE)`, values: [] });
});

describe('the Worker through Hyperdrive', () => {
  const worker = emulation.worker('shared');

  it('is below 680 KB as it is uploaded, 228 KB as it is transferred', () => {
    const [, total = '0', zipped = '0'] =
      /Total Upload: ([\d.]+) KiB \/ gzip: ([\d.]+) KiB/.exec(bundle.said) ?? [];
    expect(Number(total)).toBeGreaterThan(100);
    expect(Number(total)).toBeLessThan(680);
    expect(Number(zipped)).toBeLessThan(228);
  });

  it('keeps jobs and leases in PostgreSQL, and says so', async () => {
    expect((await worker.ask('GET', '/readyz')).json).toMatchObject({
      store: 'postgres',
      leases: true,
    });
    const message = 'Using the store postgres: HYPERDRIVE is bound';
    await worker.logged({ level: 'INFO', message });
    expect((await worker.ask('POST', '/v1/jobs', { json: aState() })).status).toBe(201);
    const held = await claim(worker);
    expect((await update(worker, 1, 'completed', held)).json).toMatchObject({ next_sheet: 2 });
    const listed = await worker.ask('GET', '/v1/jobs?status=running');
    expect(listed.json).toMatchObject({ jobs: [{ job_id: 'job-1', progress: [1, 3] }] });
    expect((await worker.ask('GET', '/v1/stats')).json).toMatchObject({ total: 1 });
    expect(JSON.stringify(worker.log)).not.toContain('geheim');
  });

  it('serves requests at once, of which one creates a job', async () => {
    const json = aState({ job_id: 'raced', job_name: 'Raced' });
    const asks = Array.from({ length: 6 }, () => worker.ask('POST', '/v1/jobs', { json }));
    const statuses = (await Promise.all(asks)).map(({ status }) => status);
    expect(statuses.toSorted((left, right) => left - right)).toEqual([
      201, 409, 409, 409, 409, 409,
    ]);
  });

  it('recovers dead jobs by its cron, and forgets old deletions', async () => {
    const old = `INSERT INTO dalsegno.removed_object (key, version, id, change, at)
      VALUES ('jobs/old', 'v', 'i', pg_current_xact_id(), now() - interval '1 hour')`;
    await client.run({ text: old, values: [] });
    await expireLeases(store);
    expect(await worker.schedule()).toBe('ok');
    expect((await claim(worker, { holder: 'w-2', job_name: 'A job' })).answer.json).toMatchObject({
      lease: { job_id: 'job-1', epoch: 2 },
    });
    const text = `SELECT key FROM dalsegno.removed_object WHERE key = 'jobs/old'`;
    expect(await client.run({ text, values: [] })).toEqual([]);
  });

  it('asks for nothing that a cache may answer: each read names a volatile function', async () => {
    const texts: string[] = [];
    const recording: PostgresClient = {
      ...client,
      run(statement) {
        texts.push(statement.text);
        expect(statement.shared).toBeUndefined();
        return client.run(statement);
      },
    };
    const { client: uncached, spending } = throughHyperdrive(recording);
    const reading = createPostgresStore(storeOptions('dalsegno', { client: uncached }));
    await reading.head('jobs/raced.json');
    await reading.get('jobs/raced.json');
    await collect(reading.list('jobs/'));
    await collect(reading.follow('leases/').poll());
    await collect(reading.followNames('ready/').poll());
    const page = { group: null, after: null, before: null, descending: true, limit: 10 };
    await reading.ordered?.page('jobs', page);
    await reading.inspect?.();
    await reading.forgetDeletions();
    expect(texts.length).toBeGreaterThan(9);
    expect(texts.filter(text => !text.includes('clock_timestamp()'))).toEqual([]);
    expect(spending.operations).toBe(texts.length);
    expect(spending.bodyBytes).toBeGreaterThan(300);
  });

  it('leaves no connection behind', async () => {
    await worker.ask('GET', '/v1/jobs');
    const text = `SELECT count(*) FROM pg_stat_activity WHERE datname = '${database}' AND pid <> ALL ('{${client.backendIds().join()}}')`;
    await expect.poll(() => runSql({ text, values: [] })).toEqual([['0']]);
  });

  it('answers 503 while the database is down, and serves when it is back', async () => {
    const weak = emulation.worker('goes down');
    expect((await weak.ask('POST', '/v1/jobs', { json: aState({ job_id: 'kept' }) })).status).toBe(
      201,
    );
    proxy.refuse();
    const refused = aProblem({ status: 503, code: 'store_unavailable' });
    expect(await weak.ask('GET', '/v1/jobs/kept')).toMatchObject(refused);
    expect((await weak.ask('GET', '/readyz')).status).toBe(503);
    proxy.serve();
    expect((await weak.ask('GET', '/v1/jobs/kept')).status).toBe(200);
  });

  it('serves nobody where a bucket is bound too, for each has jobs of its own', async () => {
    const both = emulation.worker('and r2');
    expect((await both.ask('GET', '/v1/jobs')).json).toMatchObject({ code: 'misconfigured' });
    const message = expect.stringContaining('one store must be bound');
    await both.logged({ level: 'ERROR', message });
  });
});
