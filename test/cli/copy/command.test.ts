import { execFile } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../lib/base/clock.ts';
import { openApp } from '../../support/app.ts';
import { makeFolder } from '../../support/folder.ts';
import { acquire } from '../../support/leasing.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';
import { CONFIG, furnished, ROOT, run, SCRIPT } from './command.ts';

describe('npm run copy', () => {
  it('copies a folder to another, and prints a report', async () => {
    const from = await furnished();
    const to = join(await makeTemporaryFolder(), 'made/now');
    const { code, stdout, stderr } = await run([
      '--from',
      `file:${from.path}`,
      '--to',
      `file:${to}`,
    ]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^copied +2$/m)]);
    expect(stdout).toMatch(/^verified +2 of 2$/m);
    expect(stdout).toMatch(/Everything is copied and verified\.\n$/);
    expect(stderr).toBe(
      'Copying: 0 of 2 jobs\nCopying: 2 of 2 jobs\nVerifying: 0 of 2 jobs\nVerifying: 2 of 2 jobs\n',
    );
    expect(await readFile(join(to, 'one.json'), 'utf8')).toBe(await from.read('one.json'));
  });

  it('copies to a file of Deno KV and back', async () => {
    const from = await furnished();
    const folder = await makeTemporaryFolder();
    const kv = `deno-kv:${join(folder, 'kv.sqlite')}`;
    expect(await run(['--from', `file:${from.path}`, '--to', kv])).toMatchObject({ code: 0 });
    const back = await run(['--from', kv, '--to', `file:${join(folder, 'back')}`]);
    expect([back.code, back.stdout]).toEqual([0, expect.stringMatching(/^verified +2 of 2$/m)]);
    const text = await readFile(join(folder, 'back/two.json'), 'utf8');
    expect(text).toBe(await from.read('two.json'));
  });

  it('copies to r2:local, on to workers-kv:local, and back: wrangler itself and other processes find all', async () => {
    const from = await furnished();
    const folder = await makeTemporaryFolder();
    const config = join(folder, 'wrangler.toml');
    await writeFile(config, CONFIG);
    const copies = async (source: string, target: string) => {
      const done = await run(['--from', source, '--to', target, '--wrangler-config', config]);
      expect([done.code, done.stdout]).toEqual([0, expect.stringMatching(/^copied +2$/m)]);
    };
    const one = await from.read('one.json');
    await copies(`file:${from.path}`, 'r2:local');
    const inR2 = ['r2', 'object', 'get', 'dalsegno-state/jobs/one.json', '--pipe'];
    expect(await wranglerGets(folder, inR2)).toBe(one);
    await copies('r2:local', 'workers-kv:local');
    const inKv = ['kv', 'key', 'get', 'jobs/one.json', '--binding', 'STATE_KV', '-e', 'kv'];
    expect(await wranglerGets(folder, inKv)).toBe(one);
    await copies('workers-kv:local', `file:${join(folder, 'back')}`);
    expect(await readFile(join(folder, 'back/one.json'), 'utf8')).toBe(one);
  });

  it('exits with 1 when a job is held, and copies it with --held', async () => {
    const from = await furnished();
    const app = openApp({ store: await from.open(), clock: systemClock });
    await acquire(app, { path: '/v1/jobs/two', ttl_seconds: 3600 });
    const flags = ['--from', `file:${from.path}`, '--to', `file:${await makeTemporaryFolder()}`];
    const refused = await run(flags);
    expect([refused.code, refused.stdout]).toEqual([1, expect.stringMatching(/^held +1$/m)]);
    expect(refused.stdout).toMatch(/^held: jobs\/two\.json: held by "w-1" until /m);
    const accepted = await run([...flags, '--held']);
    expect([accepted.code, accepted.stdout]).toEqual([
      0,
      expect.stringMatching(/^with leases +1$/m),
    ]);
  });

  it('exits with 1 when the target has something else, unless --overwrite is given', async () => {
    const from = await furnished();
    const to = await makeFolder();
    await to.write('one.json', 'something else');
    const flags = ['--from', `file:${from.path}`, '--to', `file:${to.path}`];
    const refused = await run(flags);
    expect([refused.code, refused.stdout]).toEqual([1, expect.stringMatching(/^conflicts +1$/m)]);
    expect(await to.read('one.json')).toBe('something else');
    expect(await run([...flags, '--overwrite'])).toMatchObject({ code: 0 });
    expect(await to.read('one.json')).toBe(await from.read('one.json'));
  });

  it('prints its usage', async () => {
    const help = await run(['--help']);
    expect([help.code, help.stdout]).toEqual([0, expect.stringContaining('Usage: dalsegno copy')]);
  });

  it('refuses flags that it cannot read, and says where its usage is', async () => {
    const { code, stderr } = await run(['--from', 'ftp:x', '--to', 'file:y']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('--from: Unknown store "ftp:x"')]);
    expect(stderr).toContain('dalsegno copy --help');
  });

  it('refuses a missing source, and does not create it', async () => {
    const folder = await makeTemporaryFolder();
    const to = `file:${join(folder, 'to')}`;
    const missing = join(folder, 'missing');
    const lone = (reason: string) => ({ code: 2, stdout: '', stderr: `${reason}\n` });
    expect(await run(['--from', `file:${missing}`, '--to', to])).toEqual(
      lone(`There is no folder "${missing}"`),
    );
    expect(await run(['--from', `deno-kv:${missing}`, '--to', to])).toEqual(
      lone(`There is no file "${missing}"`),
    );
    expect(await run(['--from', `file:${SCRIPT}`, '--to', to])).toEqual(
      lone(`"${SCRIPT}" is not a folder`),
    );
  });

  it('refuses one store on both sides, under any name', async () => {
    const folder = await makeTemporaryFolder();
    await mkdir(join(folder, 'a'));
    await symlink(join(folder, 'a'), join(folder, 'b'));
    const refused = await run(['--from', 'file:a', '--to', `file:${join(folder, 'b')}`], {
      cwd: folder,
    });
    expect(refused).toEqual({
      code: 2,
      stdout: '',
      stderr: '--from and --to are the same store\n',
    });
  });

  it('says in one line why a store cannot be opened', async () => {
    const from = await furnished();
    const folder = await makeTemporaryFolder();
    const kv = await run(['--from', `file:${from.path}`, '--to', `deno-kv:${folder}/no/kv.sqlite`]);
    expect([kv.code, kv.stdout]).toEqual([1, '']);
    expect(kv.stderr).toMatch(/^Cannot open "deno-kv:[^\n]*\n$/);
    const file = await run(['--from', `file:${from.path}`, '--to', `file:${SCRIPT}/x`]);
    expect([file.code, file.stderr]).toEqual([1, expect.stringMatching(/^Cannot open [^\n]*\n$/)]);
  });
});

/** What is stored in the emulation, as wrangler's own command reads it. */
function wranglerGets(folder: string, command: readonly string[]): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const wrangler = join(ROOT, 'node_modules/wrangler/bin/wrangler.js');
  const env = {
    PATH: process.env['PATH'],
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
    HOME: folder,
    WRANGLER_SEND_METRICS: 'false',
    WRANGLER_HIDE_BANNER: 'true',
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  };
  execFile(
    process.execPath,
    [wrangler, ...command, '--local', '-c', 'wrangler.toml'],
    { cwd: folder, env },
    (_error, stdout) => resolve(stdout),
  );
  return promise;
}
