import { readFileSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { readFlags } from '../../../functions/cli/copy/flags.ts';
import { systemClock } from '../../../lib/base/clock.ts';
import { systemRandom } from '../../../lib/base/random.ts';
import { copyJobs } from '../../../lib/copy/copy.ts';
import { isComplete } from '../../../lib/copy/report.ts';
import { type ObjectStore, StoreError } from '../../../lib/store.ts';
import { createMemoryStore } from '../../../lib/stores/memory.ts';
import { furnished, run } from '../../cli/copy/command.ts';
import { startService } from '../../node/service.ts';
import { openApp } from '../../support/app.ts';
import { acquire, LEASE } from '../../support/leasing.ts';
import { dropSchema, nextSchema, serverUrl } from '../../support/postgres/open-store.ts';
import { CREDENTIALS } from '../../support/s3/emulation.ts';
import { createFakeS3 } from '../../support/s3/fake.ts';
import { serveS3 } from '../../support/s3/serve.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';
import { usePostgresWorld } from './world.ts';

const { schema, open, sql } = usePostgresWorld();
const server = await serveS3(createFakeS3().answer);

afterAll(() => server.stop());

const ENVIRONMENT = {
  PGPASSWORD: 'geheim',
  AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
};

function databaseAt(name: string): string {
  return `${serverUrl()}?schema=${name}`;
}

function copied(source: ObjectStore, target: ObjectStore, options: { held?: boolean } = {}) {
  return copyJobs({
    source,
    target,
    clock: systemClock,
    random: systemRandom,
    held: options.held ?? false,
    overwrite: false,
    others: false,
    onProgress: () => {},
  });
}

async function bodiesIn(store: ObjectStore): Promise<Map<string, string>> {
  const bodies = new Map<string, string>();
  for await (const { key } of store.list('jobs/')) {
    const stored = await store.get(key);
    bodies.set(key, Buffer.from(stored?.body ?? []).toString('hex'));
  }
  return bodies;
}

/** What the service does not write itself: a copy keeps it as it is. */
const STRANGE = Buffer.from([0xff, 0x00, 0x7b, 0x22, 0xc3, 0x28, 0x0a]);

describe('dalsegno copy', () => {
  it('gives the same bytes after PostgreSQL, a bucket and a folder', async () => {
    const own = nextSchema();
    onTestFinished(() => dropSchema(own));
    const from = await furnished();
    await writeFile(join(from.path, 'strange.json'), STRANGE);
    const back = join(await makeTemporaryFolder(), 'back');
    const bucket = `s3://states/jobs-${own}?endpoint=${server.address.endpoint}`;
    const stops = [`file:${from.path}`, databaseAt(own), bucket, `file:${back}`];
    for (const [index, target] of stops.entries()) {
      if (index === 0) continue;
      const flags = ['--from', stops[index - 1] ?? '', '--to', target];
      const { code, stdout, stderr } = await run(flags, { environment: ENVIRONMENT });
      expect([code, stderr]).toEqual([0, expect.stringContaining('Verifying: 3 of 3')]);
      expect(stdout).toMatch(/^verified +3 of 3$/m);
    }
    const names = (await readdir(from.path)).filter(name => name.endsWith('.json'));
    expect(names.toSorted()).toEqual(['one.json', 'strange.json', 'two.json']);
    for (const name of names) {
      expect(await readFile(join(back, name))).toEqual(await readFile(join(from.path, name)));
    }
  });

  it('refuses a database without tables as a source, and makes none there', async () => {
    const own = nextSchema();
    const to = `file:${await makeTemporaryFolder()}`;
    const { code, stderr } = await run(['--from', databaseAt(own), '--to', to]);
    expect(code).toBe(1);
    expect(stderr).toContain(`It has no tables of this service in the schema "${own}"`);
    const found = await sql(`SELECT nspname FROM pg_namespace WHERE nspname = '${own}'`);
    expect(found).toEqual([]);
  });

  it('refuses one database as both sides, whoever opens it', async () => {
    const same = databaseAt(schema).replace('admin@', 'other:geheim@');
    const { code, stderr } = await run(['--from', databaseAt(schema), '--to', same]);
    expect([code, stderr]).toEqual([2, '--from and --to are the same store\n']);
  });

  it.each([
    ['a parameter that is none', 'postgres://admin:geheim@127.0.0.1/jobs?shema=x'],
    ['a scheme that is none', 'postgress://admin:geheim@127.0.0.1/jobs'],
    ['a password that is not encoded', 'postgres://admin:geheim%@127.0.0.1/jobs'],
    ['no database', 'postgres://admin:geheim@127.0.0.1/a/b'],
  ])('repeats no password where it refuses %s', (_, url) => {
    const read = readFlags({ from: 'file:x', to: url }, {});
    expect(read).toMatchObject({ kind: 'refused', reason: expect.not.stringContaining('geheim') });
  });

  it('prints no password where the database cannot be opened', async () => {
    const from = await furnished();
    const url = 'postgres://a:geheim@127.0.0.1/b?sslmode=require&sslrootcert=/no';
    const { code, stdout, stderr } = await run(['--from', `file:${from.path}`, '--to', url]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^Cannot open "postgres:\/\/127\.0\.0\.1:5432\/b, schema dalsegno": /);
    expect(stderr).not.toContain('geheim');
  });
});

describe('copyJobs() to PostgreSQL', () => {
  it('goes on where it was interrupted, and takes later changes of the source', async () => {
    const source = createMemoryStore();
    const app = openApp({ store: source, clock: systemClock });
    for (let index = 0; index < 20; index += 1) await app.create({ job_id: `job-${index}` });
    const target = open();
    let writes = 0;
    const failing: ObjectStore = {
      ...target,
      put(key, ...rest) {
        if (key.startsWith('jobs/')) writes += 1;
        if (writes > 7) return Promise.reject(new StoreError('The server is gone'));
        return target.put(key, ...rest);
      },
    };
    expect(isComplete(await copied(source, failing))).toBe(false);
    const rest = await copied(source, target);
    expect([rest.present + rest.copied, isComplete(rest)]).toEqual([20, true]);
    expect(rest.present).toBeGreaterThan(0);
    await app.ask('PUT', '/v1/jobs/job-3/sheets/1', { json: { status: 'in_progress' } });
    expect(await copied(source, target)).toMatchObject({ updated: 1, present: 19 });
    expect(await bodiesIn(target)).toEqual(await bodiesIn(source));
  });

  it('carries leases with --held, and the holder goes on there with its token', async () => {
    const source = createMemoryStore();
    const app = openApp({ store: source, clock: systemClock });
    await app.create();
    const held = await acquire(app, { ttl_seconds: 3600 });
    const target = open();
    expect(await copied(source, target)).toMatchObject({ copied: 0, held: [{}] });
    expect(await copied(source, target, { held: true })).toMatchObject({ carried: 1 });
    const there = openApp({ store: target, clock: systemClock });
    expect((await there.ask('PUT', LEASE, { headers: held.headers })).status).toBe(200);
  });

  it('writes nothing at a source of PostgreSQL', async () => {
    const source = open();
    const app = openApp({ store: source, clock: systemClock });
    await app.create();
    const tables = ['listed_object', 'plain_object', 'resident_object', 'removed_object'];
    const countOf = () =>
      Promise.all(tables.map(table => sql(`SELECT count(*), max(change::text) FROM {}.${table}`)));
    const before = await countOf();
    expect(isComplete(await copied(source, createMemoryStore()))).toBe(true);
    expect(await countOf()).toEqual(before);
  });
});

describe('dalsegno serve', () => {
  it('shows no password to other users of the machine', async () => {
    const url = databaseAt(schema).replace('admin@', 'admin:geheim@');
    const service = await startService({ flags: ['--store', url] });
    expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
    const shown = readFileSync(`/proc/${service.pid}/cmdline`, 'utf8');
    expect(shown).not.toContain('geheim');
    expect(await (await fetch(`${service.url}/metrics`)).text()).not.toContain('geheim');
    const ended = await service.stop('SIGTERM');
    expect(ended.stdout + ended.stderr).not.toContain('geheim');
  });
});
