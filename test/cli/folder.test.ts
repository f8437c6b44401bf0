import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fetchOf } from '../client/setup.ts';
import { type AppClient, openApp } from '../support/app.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';
import { problem } from '../worker/scripted-service.ts';
import { runAgainst, runCommand } from './command-line.ts';

const DIGITS = { n: 1 };
const BIG =
  '{"job_id":"big","job_name":"x","total_sheets":1,"config_snapshot":{"n":12345678901234567890}}';

async function furnished(...ids: readonly string[]): Promise<AppClient> {
  const app = openApp();
  for (const job_id of ids) await app.create({ job_id, config_snapshot: DIGITS });
  return app;
}

async function textOf(app: AppClient, path: string): Promise<string> {
  return (await app.ask('GET', `/v1/jobs/${path}`)).text;
}

async function filesIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter(name => name.endsWith('.json')).toSorted();
}

describe('dalsegno export', () => {
  it('writes each job as a file with its exact bytes, named as the file store does', async () => {
    const app = await furnished('etl-1', 'a/b ä');
    await app.ask('POST', '/v1/jobs', { body: BIG });
    const folder = join(await makeTemporaryFolder(), 'made/now');
    const ran = await runAgainst(app, 'export', folder);
    expect([ran.code, ran.stdout]).toEqual([0, `wrote 3 jobs to ${folder}\n`]);
    expect(await filesIn(folder)).toEqual(['a_b_ä.json', 'big.json', 'etl-1.json']);
    const file = await readFile(join(folder, 'big.json'), 'utf8');
    expect(file).toBe(await textOf(app, 'big'));
    expect(file).toMatch(/"n": ?12345678901234567890/);
  });

  it('fetches only what has changed when it runs again, and what was lost', async () => {
    const app = await furnished('a', 'b', 'c');
    const folder = await makeTemporaryFolder();
    await runAgainst(app, 'export', folder);
    await app.ask('POST', '/v1/jobs/b/pause');
    await writeFile(join(folder, '.dalsegno-export.jsonl'), '{"url":"http', { flag: 'a' });
    const again = await runAgainst(app, 'export', folder);
    expect(again.stdout).toBe(`wrote 1 jobs to ${folder}, 2 were there unchanged\n`);
    expect(await readFile(join(folder, 'b.json'), 'utf8')).toBe(await textOf(app, 'b'));
  });

  it('exports the jobs of a filter', async () => {
    const app = await furnished('etl-1', 'etl-2', 'other');
    const folder = await makeTemporaryFolder();
    await runAgainst(app, 'export', folder, '--q', 'etl');
    expect(await filesIn(folder)).toEqual(['etl-1.json', 'etl-2.json']);
  });

  it('says in one line that it cannot write there', async () => {
    const folder = join(await makeTemporaryFolder(), 'taken');
    await writeFile(folder, '');
    const ran = await runAgainst(await furnished('a'), 'export', folder);
    expect([ran.code, ran.stdout]).toEqual([1, '']);
    expect(ran.stderr).toMatch(/^error: EEXIST: .*taken'\n$/);
  });

  it('leaves out a job that is deleted meanwhile', async () => {
    const app = await furnished('a', 'b');
    const folder = await makeTemporaryFolder();
    const send = fetchOf(app);
    const gone = problem(404, 'job_not_found');
    const fetch = (request: Request) =>
      request.url.endsWith('/v1/jobs/a') ? gone(request) : send(request);
    const ran = await runCommand(['export', folder], { fetch });
    expect([ran.code, ran.stdout]).toEqual([
      0,
      `wrote 1 jobs to ${folder}, 1 were deleted meanwhile\n`,
    ]);
  });

  it('ends with 6 where the service stops, and keeps whole files only', async () => {
    const app = await furnished('a', 'b');
    const folder = await makeTemporaryFolder();
    const send = fetchOf(app);
    const fetch = (request: Request) =>
      request.url.endsWith('/v1/jobs/b') ? Promise.reject(new TypeError('reset')) : send(request);
    expect((await runCommand(['export', folder], { fetch })).code).toBe(6);
    for (const name of await filesIn(folder)) {
      expect(await readFile(join(folder, name), 'utf8')).toBe(await textOf(app, 'a'));
    }
  });
});

describe('dalsegno import', () => {
  async function exported(...ids: readonly string[]) {
    const app = await furnished(...ids);
    const folder = await makeTemporaryFolder();
    await runAgainst(app, 'export', folder);
    return { app, folder };
  }

  it('brings the jobs of an export to another service, to the digit', async () => {
    const { app, folder } = await exported('a', 'b c');
    await app.ask('POST', '/v1/jobs', { body: BIG });
    await runAgainst(app, 'export', folder);
    const other = openApp();
    const ran = await runAgainst(other, 'import', folder);
    expect(ran).toMatchObject({
      code: 0,
      stdout: '3 created, 0 overwritten, 0 there already\n',
    });
    const comparable = (text: string) => ({
      ...JSON.parse(text),
      updated_at: null,
      dalsegno: null,
    });
    expect(comparable(await textOf(other, 'b%20c'))).toEqual(
      comparable(await textOf(app, 'b%20c')),
    );
    expect(await textOf(other, 'big')).toMatch(/"n": ?12345678901234567890/);
  });

  it('leaves jobs that are there already, so that it can run again', async () => {
    const { app, folder } = await exported('a', 'b');
    const ran = await runAgainst(app, 'import', folder);
    expect([ran.code, ran.stdout]).toEqual([0, '0 created, 0 overwritten, 2 there already\n']);
  });

  it('reports a job with another state with 4, and replaces it with --overwrite', async () => {
    const { app, folder } = await exported('a', 'b');
    await app.ask('PUT', '/v1/jobs/a/sheets/1', { json: { status: 'completed' } });
    const changed = await textOf(app, 'a');
    const refused = await runAgainst(app, 'import', folder);
    expect([refused.code, refused.stdout]).toEqual([
      4,
      '0 created, 0 overwritten, 1 there already, 1 conflicts\n',
    ]);
    expect(refused.stderr).toContain('a.json: The service has another state of the job');
    expect(await textOf(app, 'a')).toBe(changed);
    const replaced = await runAgainst(app, 'import', folder, '--overwrite');
    expect([replaced.code, replaced.stdout]).toEqual([
      0,
      '0 created, 1 overwritten, 1 there already\n',
    ]);
    expect(JSON.parse(await textOf(app, 'a'))).toMatchObject({ last_completed_sheet: 0 });
  });

  it('tells two numbers apart that JavaScript cannot', async () => {
    const app = openApp();
    await app.ask('POST', '/v1/jobs', { body: BIG });
    const folder = await makeTemporaryFolder();
    await writeFile(join(folder, 'big.json'), BIG.replace('67890}', '67891}'));
    expect((await runAgainst(app, 'import', folder)).code).toBe(4);
  });

  it('saves nothing with --dry-run, and says what it would do', async () => {
    const { app, folder } = await exported('a', 'b');
    const other = openApp();
    await other.create({ job_id: 'a', job_name: 'Another' });
    const ran = await runAgainst(other, 'import', folder, '--dry-run');
    expect([ran.code, ran.stdout]).toEqual([
      4,
      'would be: 1 created, 0 overwritten, 0 there already, 1 conflicts\n',
    ]);
    expect((await other.ask('GET', '/v1/jobs/b')).status).toBe(404);
    expect((await app.ask('GET', '/v1/jobs/b')).status).toBe(200);
  });

  it('goes on after files that are no states, and exits with 1', async () => {
    const { folder } = await exported('a');
    await writeFile(join(folder, 'bad.json'), '{"job_id": 7}');
    await writeFile(join(folder, 'cut\u001b.json'), '{"job_id": "x"');
    await writeFile(
      join(folder, 'invalid.json'),
      '{"job_id": "y", "job_name": "x", "total_sheets": -1}',
    );
    const ran = await runAgainst(openApp(), 'import', folder);
    expect([ran.code, ran.stdout]).toEqual([
      1,
      '1 created, 0 overwritten, 0 there already, 3 failed\n',
    ]);
    expect(ran.stderr).toContain('bad.json: It is not the state of a job');
    expect(ran.stderr).toContain('cut\\x1b.json: ');
    expect(ran.stderr).toMatch(/invalid\.json: .*total_sheets.*\(invalid\)/);
  });

  it('goes on after what cannot be read', async () => {
    const { folder } = await exported('a');
    await mkdir(join(folder, 'sub.json'));
    const ran = await runAgainst(openApp(), 'import', folder);
    expect([ran.code, ran.stderr]).toEqual([1, expect.stringContaining('sub.json: It cannot be')]);
    expect(ran.stdout).toContain('1 created');
  });

  it('asks for the next file before the slowest of several is answered', async () => {
    const ids = Array.from({ length: 40 }, (_none, index) => `j-${index + 10}`);
    const { folder } = await exported(...ids);
    const send = fetchOf(openApp());
    const last = Promise.withResolvers<void>();
    const fetch = async (request: Request) => {
      if (request.url.endsWith('/j-10')) await last.promise;
      if (request.url.endsWith('/j-49')) last.resolve();
      return send(request);
    };
    const ran = await runCommand(['import', folder, '--dry-run'], { fetch });
    expect(ran.stdout).toContain('40 created');
  });

  it('ends at once where no file could be saved', async () => {
    const { folder } = await exported('a', 'b');
    const ran = await runCommand(['import', folder], { fetch: problem(403, 'forbidden') });
    expect(ran.code).toBe(5);
  });

  it('refuses a folder that cannot be read', async () => {
    const folder = join(await makeTemporaryFolder(), 'x');
    expect((await runCommand(['import', folder])).code).toBe(2);
    await mkdir(folder);
    expect((await runAgainst(openApp(), 'import', folder)).stdout).toBe(
      '0 created, 0 overwritten, 0 there already\n',
    );
  });
});
