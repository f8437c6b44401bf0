import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { furnished, run } from '../cli/copy/command.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

const NETWORK_DISK = new URL('../stores/file/network-disk.ts', import.meta.url).href;

describe('npm run copy to a folder', () => {
  it.each([
    ['', '600 600 700 700'],
    ['0660', '660 660 770 770'],
  ])('creates files with the mode of STATE_MODE=%s', async (mode, modes) => {
    const from = await furnished();
    const to = join(await makeTemporaryFolder(), 'state');
    const environment = { STATE_MODE: mode };
    const flags = ['--from', `file:${from.path}`, '--to', `file:${to}`];
    expect(await run(flags, { environment })).toMatchObject({ code: 0 });
    const paths = ['one.json', '.dalsegno/copied/one.json', '.dalsegno/copied', '.'];
    const found = await Promise.all(paths.map(path => stat(join(to, path))));
    expect(found.map(stats => (stats.mode & 0o777).toString(8)).join(' ')).toBe(modes);
  });

  it('gives only the owner access to a file of Deno KV', async () => {
    const from = await furnished();
    const folder = await makeTemporaryFolder();
    const to = `deno-kv:${join(folder, 'kv.sqlite')}`;
    expect(await run(['--from', `file:${from.path}`, '--to', to])).toMatchObject({ code: 0 });
    const found = await Promise.all((await readdir(folder)).map(name => stat(join(folder, name))));
    expect(found.map(({ mode }) => mode & 0o077)).toEqual(found.map(() => 0));
  });

  it('exits with 2 when STATE_MODE is not a mode', async () => {
    const flags = ['--from', 'file:here', '--to', 'file:there'];
    const ended = await run(flags, { environment: { STATE_MODE: '0o600' } });
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain('STATE_MODE: Expected octal digits');
  });

  it('refuses a network file system on either side by default', async () => {
    const from = await furnished();
    const to = join(await makeTemporaryFolder(), 'state');
    const environment = { NODE_OPTIONS: `--import ${NETWORK_DISK}` };
    const flags = ['--from', `file:${from.path}`, '--to', `file:${to}`];
    const refused = await run(flags, { environment });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/network file system \(NFS\).*ALLOW_NETWORK_FILE_SYSTEM=true/);
    const allowed = { ...environment, ALLOW_NETWORK_FILE_SYSTEM: 'true' };
    expect(await run(flags, { environment: allowed })).toMatchObject({ code: 0 });
  });
});
