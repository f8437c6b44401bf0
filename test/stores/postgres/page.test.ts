import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../lib/base/clock.ts';
import { systemRandom } from '../../../lib/base/random.ts';
import { createDoctor } from '../../../lib/doctor/doctor.ts';
import { createProcessMemory } from '../../../lib/storage/process-memory.ts';
import type { ObjectStore } from '../../../lib/store.ts';
import { createFileStore } from '../../../lib/stores/file.ts';
import { consoleBlocks } from '../../documents/console-block.ts';
import { ROOT, readPage } from '../../documents/pages.ts';
import { openApp } from '../../support/app.ts';
import { openClient, openStore, serverUrl, targetOf } from '../../support/postgres/open-store.ts';
import { CREDENTIALS } from '../../support/s3/emulation.ts';
import { createFakeS3 } from '../../support/s3/fake.ts';
import { serveS3 } from '../../support/s3/serve.ts';

/*
 * What the pages about moving and about PostgreSQL say is run here, in their order, on one server: their roles and databases have
 * the names of the pages.
 */
const run = promisify(execFile);
const [roles = [], schemas = [], looks = []] = readPage('functions/deploy/postgresql.md')
  .blocks.filter(({ language }) => language === 'sql')
  .map(({ text }) => text.split(/;\n/).filter(statement => statement.trim() !== ''));

const admin = targetOf(serverUrl());
const atServer = openClient(admin, 1);
const bucket = await serveS3(createFakeS3().answer);

afterAll(async () => {
  await runAll(atServer, [
    'DROP DATABASE IF EXISTS jobs WITH (FORCE)',
    'DROP ROLE IF EXISTS dalsegno',
  ]);
  await atServer.close();
  await bucket.stop();
});

async function runAll(client: typeof atServer, statements: readonly string[]): Promise<void> {
  for (const text of statements) await client.run({ text, values: [] });
}

/** A client of the database of the page. */
function openJobs(user: string) {
  const client = openClient({ ...admin, database: 'jobs', user }, 1);
  onTestFinished(() => client.close());
  return client;
}

async function failedChecks(store: ObjectStore): Promise<string[]> {
  const { verdict } = createProcessMemory({ cacheBytes: 1_000_000 });
  const doctor = createDoctor({ store, random: systemRandom, verdict, record: () => {} });
  const { checks } = await doctor.examine({ listKeys: 3 });
  return checks.filter(({ ok }) => !ok).map(({ name }) => name);
}

describe('the page about PostgreSQL', () => {
  it('makes a role that the service can work with, and that can make nothing else', async () => {
    await runAll(atServer, roles);
    await runAll(openJobs(admin.user), schemas);
    const client = openJobs('dalsegno');
    const store = openStore('dalsegno', { client });
    const app = openApp({ store, clock: systemClock });
    await app.create();
    expect((await app.ask('POST', '/v1/claims', { json: { holder: 'w' } })).status).toBe(201);
    // The server of the tests does not sync.
    expect(await failedChecks(store)).toEqual(['fsync']);
    await expect(runAll(client, ['CREATE SCHEMA other'])).rejects.toThrow('permission denied');
    await expect(runAll(client, ['CREATE TABLE public.t()'])).rejects.toThrow('permission denied');
  });

  it('looks at tables, transactions and sizes with statements that the role may run', async () => {
    await expect(runAll(openJobs('dalsegno'), looks)).resolves.toBeUndefined();
  });
});

describe('the page about moving', () => {
  it('copies from a folder to PostgreSQL, to a bucket and back as printed', async () => {
    await runAll(openJobs('dalsegno'), ['DROP SCHEMA IF EXISTS dalsegno CASCADE']);
    await runAll(openJobs(admin.user), ['CREATE SCHEMA dalsegno AUTHORIZATION dalsegno']);
    const folder = await mkdtemp(join(tmpdir(), 'dalsegno-moving-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const store = await createFileStore({
      directory: join(folder, 'state'),
      now: () => systemClock.millis(),
      random: () => systemRandom.fraction(),
      mode: 0o600,
      allowNetwork: false,
    });
    const app = openApp({ store, clock: systemClock });
    for (const job_id of ['one', 'two']) await app.create({ job_id });
    await store.close();
    const env = {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      PGPASSWORD: 'change-me',
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    };
    const calls = consoleBlocks(readPage('functions/deploy/moving.md')).flat();
    for (const { command, shown } of calls) {
      const here = command
        .replace(/^dalsegno\b/, `'${process.execPath}' '${ROOT}/functions/cli/bin.js'`)
        .replaceAll('127.0.0.1:5432', `127.0.0.1:${admin.port}`)
        .replaceAll('http://127.0.0.1:9000', bucket.address.endpoint)
        .replaceAll('s3://my-jobs/', `s3://${bucket.address.bucket}/`);
      const { stdout } = await run('sh', ['-c', here], { cwd: folder, env });
      expect(stdout.trimEnd()).toBe(shown);
    }
  });
});
