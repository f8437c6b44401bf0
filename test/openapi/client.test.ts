import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPage } from '../documents/pages.ts';
import { startService } from '../node/service.ts';
import { DOCUMENT } from './document.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const TOOLS = join(import.meta.dirname, 'generator/node_modules/.bin');

/** The session of the page. It imports the types that are generated. */
const SESSION =
  readPage('functions/README.md').blocks.find(({ language }) => language === 'ts')?.text ?? '';

/** What the types must refuse: the compiler complains of a line that it expects an error in and that has none. */
const MISTAKES = `
import createClient from 'openapi-fetch';
import type { paths } from './dalsegno-api.js';
const api = createClient<paths>({ baseUrl: '' });
// @ts-expect-error: there is no such resource
await api.GET('/v1/job');
// @ts-expect-error: there is no such parameter
await api.GET('/v1/jobs', { params: { query: { state: 'pending' } } });
// @ts-expect-error: it is a number
await api.POST('/v1/claims', { body: { holder: 'w-1', ttl_seconds: '60' } });
// @ts-expect-error: the token is missing
await api.DELETE('/v1/jobs/{id}/lease', { params: { path: { id: 'etl-7' } } });
// @ts-expect-error: no update to completed has an exit code
await api.PUT('/v1/jobs/{id}/sheets/{n}', { params: { path: { id: 'etl-7', n: 1 } }, body: { status: 'completed', exit_code: 1 } });
const { error } = await api.GET('/v1/jobs/{id}', { params: { path: { id: 'etl-7' } } });
if (error?.code === 'state_corrupt') console.log(error.error_type);
// @ts-expect-error: no read is refused because of a lease
if (error?.code === 'lease_held') console.log(error.holder);
`;

const PROJECT = {
  compilerOptions: {
    target: 'es2024',
    module: 'nodenext',
    lib: ['es2024', 'dom'],
    types: ['node'],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
  },
  include: ['*.ts'],
};

// Below the root, for the packages, and not below node_modules, where Node takes no TypeScript.
let folder = '';

beforeAll(async () => {
  await mkdir(join(ROOT, 'dist'), { recursive: true });
  folder = await mkdtemp(join(ROOT, 'dist/openapi-client-'));
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  await writeFile(join(folder, 'openapi.json'), JSON.stringify(DOCUMENT));
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(PROJECT));
  await writeFile(join(folder, 'session.ts'), SESSION);
  await writeFile(join(folder, 'mistakes.ts'), MISTAKES);
  await run(join(TOOLS, 'openapi-typescript'), ['openapi.json', '-o', 'dalsegno-api.ts'], {
    cwd: folder,
  });
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('a client that is generated from the document', () => {
  it('has types that fit the session of the page, and refuse mistakes', async () => {
    const compiler = join(ROOT, 'node_modules/.bin/tsc');
    const { stdout } = await run(compiler, ['--singleThreaded', '--project', folder]).catch(
      (error: { readonly stdout: string }) => error,
    );
    expect(stdout).toBe('');
  });

  it('runs the session of the page: create, claim, update, heartbeat, release', async () => {
    const service = await startService();
    await writeFile(
      join(folder, 'running.ts'),
      SESSION.replace('http://127.0.0.1:8787', service.url),
    );
    const { stdout } = await run(process.execPath, [join(folder, 'running.ts')]);
    expect(stdout).toMatch(/^\[ 1, 2 \] "[^"]+"\n$/);
    const response = await fetch(`${service.url}/v1/jobs/etl-14`);
    expect(await response.json()).toMatchObject({
      status: 'paused',
      last_completed_sheet: 1,
      sheets: { 1: { status: 'completed', stdout_tail: '12 rows' } },
      dalsegno: { epoch: 1, lease: null },
    });
  });
});
