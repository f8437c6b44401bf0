import { statSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeLastingFolder } from '../support/temporary-folder.ts';
import {
  cloneForProduction,
  type InstalledPackage,
  installedBytes,
  installPackage,
  ROOT,
  run,
} from './installed-package.ts';
import { startProgram } from './program.ts';

let folder: string;
let installed: InstalledPackage;

beforeAll(async () => {
  folder = await makeLastingFolder(tmpdir());
  installed = await installPackage(folder);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const LOADED = `
import { registerHooks } from 'node:module';
const urls = [];
registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    const isOwn = /node_modules\\/dalsegno\\//.test(context.parentURL);
    // Other packages choose their files by the runtime.
    if (isOwn || !found.url.startsWith('node:')) urls.push(found.url);
    return found;
  },
});
await import(process.argv[1]);
process.stdout.write(JSON.stringify(urls));
`;

/** What an import of this name loads: the names of packages, and of modules of Node that the package itself names. */
async function loadedBy(name: string): Promise<readonly string[]> {
  const flags = ['--input-type=module', '--eval', LOADED, name];
  const { stdout } = await run(process.execPath, flags, { cwd: installed.project });
  const urls: string[] = JSON.parse(stdout);
  const places = urls.map(
    url => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? url.replace(/^file:.*/, 'file'),
  );
  return [...new Set(places)].toSorted();
}

/** Sends JSON to the service. */
async function send(url: string, method: string, json: object): Promise<unknown> {
  const headers = { 'Content-Type': 'application/json' };
  const response = await fetch(url, { method, headers, body: JSON.stringify(json) });
  return response.json();
}

describe('the tarball', () => {
  it('has JavaScript with its declarations, and neither sources nor tests nor tools', () => {
    const wrong = installed.files.filter(
      file => /(?<!\.d)\.tsx?$|^test\/|^lib\/|node_modules/.test(file) || file.includes('vitest'),
    );
    expect(wrong).toEqual([]);
    expect(installed.files.length).toBeGreaterThan(400);
    const own = ['README.md', 'LICENSE', 'package.json', 'functions/cli/bin.js'];
    expect(installed.files).toEqual(expect.arrayContaining(own));
    expect(statSync(installed.tarball).size).toBeLessThan(1.3e6);
    const large = installed.files.filter(file => statSync(join(installed.folder, file)).size > 3e5);
    expect(large).toEqual([]);
  });

  it('has what its exports name', () => {
    const named = JSON.stringify(installed.manifest.exports).matchAll(/"\.\/([^"*]+\.[a-z.]+)"/g);
    const targets = [...named].map(([, path = '']) => path).filter(path => path.includes('/'));
    expect(targets.length).toBeGreaterThan(8);
    expect(targets.filter(path => !installed.files.includes(path))).toEqual([]);
  });

  it('has the service in few files, which name no others than packages and modules of Node', async () => {
    const bundle = installed.files.filter(file => file.startsWith('dist/functions/bundle/'));
    expect(bundle).toContain('dist/functions/bundle/serve.js');
    expect(bundle.length).toBeLessThan(30);
    const texts = await Promise.all(
      bundle.map(file => readFile(join(installed.folder, file), 'utf8')),
    );
    const named = texts.flatMap(text =>
      Array.from(
        text.matchAll(
          /^(?:import|(?:import .*|\}|export .*) from) ?"([^"]+)";$|import\("([^"]+)"\)/gm,
        ),
      ),
    );
    const names = named.map(([, fixed, loaded]) => fixed ?? loaded ?? '');
    const packages = Object.keys(installed.manifest.dependencies);
    const isKnown = (name: string) =>
      name.startsWith('node:') ||
      packages.some(each => name === each || name.startsWith(`${each}/`)) ||
      bundle.includes(`dist/functions/bundle/${name.replace(/^\.\//, '')}`);
    expect(names.length).toBeGreaterThan(30);
    expect(names.filter(name => !isKnown(name))).toEqual([]);
  });

  it('takes less than 40 MB with all that it depends on', () => {
    expect(installedBytes(installed)).toBeLessThan(40e6);
  });

  it('passes publint', async () => {
    const packed = await readFile(installed.tarball);
    const tarball = new Uint8Array(packed).buffer;
    const { messages } = await publint({ pack: { tarball }, strict: true });
    expect(messages).toEqual([]);
  });

  it('passes attw', async () => {
    const checked = [installed.tarball, '--profile', 'esm-only', '--no-definitely-typed'];
    const { stdout } = await run('attw', [...checked, '--format', 'json'], { cwd: folder });
    expect(JSON.parse(stdout)).toMatchObject({ analysis: { types: { kind: 'included' } } });
  });

  it('has declarations that strict TypeScript reads', async () => {
    const names = [
      '',
      '/worker',
      '/client',
      '/testing',
      '/file-store',
      '/cloudflare',
      '/cloudflare-hyperdrive',
    ];
    const lines = names.map((name, nth) => `export * as a${nth} from 'dalsegno${name}';`);
    await writeFile(join(installed.project, 'types.ts'), lines.join('\n'));
    const flags = '--noEmit --strict --exactOptionalPropertyTypes --module nodenext --target es2024'
      .split(' ')
      .concat('--lib', 'es2024,dom,dom.iterable,dom.asynciterable', '--types', 'node')
      .concat('--typeRoots', join(ROOT, 'node_modules/@types'), '--singleThreaded');
    const compiled = run('tsc', [...flags, 'types.ts'], { cwd: installed.project });
    await expect(compiled).resolves.toEqual({ stdout: '', stderr: '' });
  });
});

describe('an import of', () => {
  it.each(['dalsegno/worker', 'dalsegno/client'])('%s loads no other package', async name => {
    expect(await loadedBy(name)).toEqual(['dalsegno']);
  });

  it('dalsegno loads no module of one runtime, so that it runs on all three', async () => {
    const ofRetries = ['is-network-error', 'p-retry'];
    const packages = ['@logtape/logtape', 'dalsegno', 'hono', 'lru-cache', 'zod', ...ofRetries];
    expect(await loadedBy('dalsegno')).toEqual(packages.toSorted());
  });
});

const BESIDE = ['--allow-all', '--unstable-kv', '--node-modules-dir=manual', '--no-prompt'];
const RUNTIMES = {
  node: [process.execPath],
  deno: ['deno', 'run', '--quiet', ...BESIDE],
} as const;

describe('in a project that installed the package', () => {
  it.each(['node', 'deno'] as const)('the worker of the README runs a job on %s', async runtime => {
    const service = startProgram(
      [process.execPath, installed.bin, 'serve', '--port', '0'],
      await makeProjectFolder(runtime),
    );
    const [, url = ''] = await service.says(/"url":"([^"]+)"/);
    expect(await (await fetch(url)).text()).toContain('<script type="module"');
    const job = { job_id: 'etl-1', job_name: 'Import', total_sheets: 3 };
    expect(await send(`${url}/v1/jobs`, 'POST', job)).toMatchObject({ status: 'pending' });

    const file = join(installed.project, `worker-${runtime}.ts`);
    await writeFile(file, await workerOfReadme(url));
    const [command, ...flags] = RUNTIMES[runtime];
    const worker = startProgram([command, ...flags, file], installed.project);
    await service.says(/PUT \/v1\/jobs\/etl-1\/sheets\/3 200/);
    expect(await worker.stop()).toBe(0);
    const { status, synthesis } = await (await fetch(`${url}/v1/jobs/etl-1`)).json();
    expect({ status, synthesis }).toMatchObject({ status: 'completed' });
    expect(await service.stop()).toBe(0);
  });

  it('serve on Deno is the service on Deno KV', async () => {
    const [command, ...flags] = RUNTIMES.deno;
    const service = startProgram(
      [command, ...flags, 'npm:dalsegno', 'serve', '--port', '0'],
      installed.project,
    );
    const [, url = ''] = await service.says(/serving Deno KV.*"url":"([^"]+)"/);
    expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({ store: 'deno-kv' });
    const job = { job_id: 'etl-1', job_name: 'Import', total_sheets: 3 };
    expect(await send(`${url}/v1/jobs`, 'POST', job)).toMatchObject({ status: 'pending' });
    expect(await service.stop()).toBe(0);
  });
});

describe('the command', () => {
  /** A Node that says it is another one. */
  const posing = (version: string) =>
    `--import=data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'${version}'}})`;

  it('says in one line that Node is too old for the package', async () => {
    const old = run(process.execPath, [posing('20.20.2'), installed.bin, 'serve']);
    const stderr = 'dalsegno needs Node 22.12 or newer; this is 20.20.2\n';
    await expect(old).rejects.toMatchObject({ code: 1, stdout: '', stderr });
  });

  it('says in one line that Node is too old for a clone', async () => {
    const bin = join(ROOT, 'functions/cli/bin.js');
    const old = run(process.execPath, [posing('22.17.1'), bin, 'serve']);
    const stderr = 'dalsegno needs Node 22.18 or newer to run from a clone; this is 22.17.1\n';
    await expect(old).rejects.toMatchObject({ code: 1, stdout: '', stderr });
  });
});

describe('a clone with the packages of production', () => {
  it('is prepared without tools, and serves', async () => {
    const clone = await cloneForProduction(folder);
    const prepared = await run(process.execPath, ['functions/package/prepare.js'], { cwd: clone });
    expect(prepared).toEqual({ stdout: '', stderr: '' });
    const service = startProgram(
      ['npm', 'start', '--', '--port', '0', '--log-format', 'json'],
      clone,
    );
    const [, url = ''] = await service.says(/"url":"([^"]+)"/);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });
});

async function makeProjectFolder(name: string): Promise<string> {
  const place = join(installed.project, name);
  await run('mkdir', ['-p', place]);
  return place;
}

/** The program that the README shows, with this service. */
async function workerOfReadme(url: string): Promise<string> {
  const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
  const [, shown = ''] = /```ts\n(import \{ runWorker \}.*?)```/s.exec(readme) ?? [];
  return shown.replace('http://127.0.0.1:8787', url);
}
