import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFolder } from '../../support/folder.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';
import { CONFIG, furnished, run } from './command.ts';

describe('npm run copy from a wrong source', () => {
  it.each(['r2', 'workers-kv'])('refuses %s:local when nothing was stored', async medium => {
    const folder = await makeTemporaryFolder();
    const config = join(folder, 'wrangler.toml');
    await writeFile(config, CONFIG);
    const flags = ['--wrangler-config', config, '--to', `file:${join(folder, 'to')}`];
    const { code, stdout, stderr } = await run(['--from', `${medium}:local`, ...flags]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^There is no local state in "[^"]*\.wrangler\/state\/v3\/[^\n]*\n$/);
    expect(await readdir(folder)).toEqual(['wrangler.toml']);
  });

  it('exits with 1 for a folder without jobs, and creates nothing in it', async () => {
    const folder = await makeTemporaryFolder();
    const from = join(folder, 'from');
    await mkdir(join(from, 'folder.json'), { recursive: true });
    await writeFile(join(from, 'notes.txt'), 'not a job');
    const to = join(folder, 'to');
    const empty = { code: 1, stdout: '', stderr: 'The source has no jobs\n' };
    expect(await run(['--from', `file:${from}`, '--to', `file:${to}`])).toEqual(empty);
    expect(await readdir(from)).toEqual(['folder.json', 'notes.txt']);
    expect(existsSync(to)).toBe(false);
  });

  it('exits with 1 for a store without jobs', async () => {
    const folder = await makeTemporaryFolder();
    const kv = `deno-kv:${join(folder, 'kv.sqlite')}`;
    await writeFile(join(folder, 'kv.sqlite'), '');
    const { code, stdout } = await run(['--from', kv, '--to', `file:${join(folder, 'to')}`]);
    expect([code, stdout]).toEqual([1, expect.stringMatching(/^The source has no jobs\.$/m)]);
    expect(stdout).not.toContain('Everything is copied');
  });
});

describe('npm run copy to an unsafe place', () => {
  it.each([
    ['deno-kv::memory:', 'is lost when the process ends'],
    ['deno-kv:http://db.example/connect', 'in clear text: use https'],
  ])('refuses %s in one line', async (to, reason) => {
    const from = await furnished();
    const { code, stdout, stderr } = await run(['--from', `file:${from.path}`, '--to', to]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^[^\n]+\n$/);
    expect(stderr).toContain(reason);
  });

  it('refuses a folder inside that of the source', async () => {
    const from = await furnished();
    const to = `file:${join(from.path, '.dalsegno')}`;
    const { code, stderr } = await run(['--from', `file:${from.path}`, '--to', to]);
    expect([code, stderr]).toEqual([2, '--to is inside the folder of --from\n']);
  });
});

describe('npm run copy to a target with jobs of its own', () => {
  it('exits with 1 and names them, unless --others is given', async () => {
    const from = await furnished();
    const to = await makeFolder();
    await to.write('three.json', '{}');
    const flags = ['--from', `file:${from.path}`, '--to', `file:${to.path}`];
    const { code, stdout } = await run(flags);
    expect([code, stdout]).toEqual([1, expect.stringMatching(/^only there +1$/m)]);
    expect(stdout).toMatch(/^only at the target: jobs\/three\.json: the source does not have it$/m);
    const accepted = await run([...flags, '--others']);
    expect([accepted.code, accepted.stdout]).toEqual([
      0,
      expect.stringMatching(/^only there +1$/m),
    ]);
    expect(accepted.stdout).not.toContain('only at the target');
  });
});
