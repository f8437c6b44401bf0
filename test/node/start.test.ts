import { readdir, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';
import { launchForFile, runEntry, startService } from './service.ts';

const NETWORK_DISK = new URL('../stores/file/network-disk.ts', import.meta.url).href;

/** With settings of no kind. */
const plain = await launchForFile();

describe('the start', () => {
  it('tells where it listens and which folder it serves', async () => {
    const told = await plain.line(line => 'url' in line);
    const message = `Listening on ${plain.url}, serving ${plain.folder}`;
    expect(told).toMatchObject({ level: 'INFO', folder: plain.folder, message });
    expect(plain.url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9][0-9]*$/);
  });

  it('serves the folder that it tells', async () => {
    const headers = { 'Content-Type': 'application/json' };
    const body = '{"job_id": "a b", "job_name": "x", "total_sheets": 1}';
    const created = await fetch(`${plain.url}/v1/jobs`, { method: 'POST', headers, body });
    expect(created.status).toBe(201);
    expect(await readdir(plain.folder)).toContain('a_b.json');
  });

  it('takes its settings from the environment', async () => {
    const folder = await makeTemporaryFolder();
    await writeFile(join(folder, 'job.json'), '{');
    const environment = { STATE_DIR: folder, HOST: '::1', PORT: '0', MAX_BODY_BYTES: '10' };
    const service = await startService({ folder, environment });
    const list = await fetch(`${service.url}/v1/jobs`);
    expect(await list.json()).toMatchObject({ corrupt: [{ path: join(folder, 'job.json') }] });
    const headers = { 'Content-Type': 'application/json' };
    const body = '{"a": 123456789}';
    const created = await fetch(`${service.url}/v1/jobs`, { method: 'POST', headers, body });
    expect(await created.json()).toMatchObject({ code: 'body_too_large', limit_bytes: 10 });
  });

  it('takes a flag before the environment, and an empty variable for none', async () => {
    const environment = { STATE_DIR: '/nowhere/at/all', PORT: '70000', HOST: '', LOG_LEVEL: '' };
    const service = await startService({ environment });
    expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
  });

  it.each([
    ['port', '70000'],
    ['host', '0.0.0.0'],
  ])('exits with 2 and says why when it is told --%s %s', async (name, value) => {
    const exit = await runEntry({ flags: [`--${name}=${value}`] });
    expect(exit).toMatchObject({ code: 2, stdout: '' });
    expect(exit.stderr).toContain(`--${name} (${name.toUpperCase()}): `);
    expect(exit.stderr).toContain(`"${value}"`);
    expect(exit.stderr).not.toContain('    at ');
  });

  it('exits with 2 when it is told a flag that it does not know', async () => {
    const exit = await runEntry({ flags: ['--nope'] });
    expect(exit).toMatchObject({ code: 2, stdout: '' });
    expect(exit.stderr).toContain('--nope');
  });

  it('exits with 0 and names every setting when it is asked for help', async () => {
    const exit = await runEntry({ flags: ['--help'] });
    expect(exit).toMatchObject({ code: 0, stderr: '' });
    expect(exit.stdout.match(/--[a-z-]+/g)).toEqual(
      expect.arrayContaining(['--port', '--host', '--state-dir', '--max-body-bytes']),
    );
  });

  it('exits with a message and no stack when the folder is a file', async () => {
    const folder = join(await makeTemporaryFolder(), 'file');
    await writeFile(folder, '');
    const exit = await runEntry({ flags: ['--port', '0', '--state-dir', folder] });
    expect(exit.code).toBe(1);
    expect(exit.stderr).toContain(folder);
    expect(exit.stderr).not.toContain('    at ');
  });

  it('keeps files and folders to itself, or to whom STATE_MODE lets', async () => {
    const modes: Record<string, string> = {};
    for (const mode of ['', '0660']) {
      const folder = join(await makeTemporaryFolder(), 'state');
      const service = await startService({ folder, environment: { STATE_MODE: mode } });
      const headers = { 'Content-Type': 'application/json' };
      const body = '{"job_id": "job", "job_name": "x", "total_sheets": 1}';
      await fetch(`${service.url}/v1/jobs`, { method: 'POST', headers, body });
      const paths = ['job.json', '.dalsegno/lock', '.dalsegno/ready', '.'];
      const found = await Promise.all(paths.map(path => stat(join(folder, path))));
      modes[mode] = found.map(stats => (stats.mode & 0o777).toString(8)).join(' ');
    }
    expect(modes).toEqual({ '': '600 600 700 700', '0660': '660 660 770 770' });
  });

  it('exits with a message that names STATE_MODE when that is no mode', async () => {
    const exit = await runEntry({ environment: { STATE_MODE: '0999' } });
    expect(exit).toMatchObject({ code: 2, stdout: '' });
    expect(exit.stderr).toContain('--state-mode (STATE_MODE): ');
    expect(exit.stderr).toContain('"0999"');
  });

  it('exits with a message and no stack on a network file system, where it is not allowed', async () => {
    const environment = { NODE_OPTIONS: `--import ${NETWORK_DISK}` };
    const folder = await makeTemporaryFolder();
    const exit = await runEntry({ flags: ['--port', '0', '--state-dir', folder], environment });
    expect(exit.code).toBe(1);
    expect(exit.stderr).toMatch(/network file system \(NFS\).*ALLOW_NETWORK_FILE_SYSTEM=true/);
    expect(exit.stderr).not.toContain('    at ');
    expect(await readdir(folder)).toEqual([]);
    const allowed = { ...environment, ALLOW_NETWORK_FILE_SYSTEM: 'true' };
    const service = await startService({ folder, environment: allowed });
    expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
  });

  it('exits with a message and no stack when the port is taken', async () => {
    const taken = createServer();
    onTestFinished(() => void taken.close());
    await new Promise<void>(resolve => taken.listen(0, '127.0.0.1', resolve));
    const address = taken.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const flags = ['--port', String(port), '--state-dir', await makeTemporaryFolder()];
    const exit = await runEntry({ flags });
    expect(exit.code).toBe(1);
    expect(exit.stderr).toContain(`127.0.0.1:${port}\n--port <number> takes another port\n`);
    expect(exit.stderr).not.toContain('    at ');
  });
});
