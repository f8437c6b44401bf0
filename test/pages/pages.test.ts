import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { chooseEncoding } from '../../functions/pages/encoding.ts';
import { openPages, siteFolder } from '../../functions/pages/folder.ts';
import { CONTENT_SECURITY_POLICY } from '../../functions/pages/headers.ts';
import type { Page, Pages } from '../../functions/services/pages.ts';
import { openApp } from '../support/app.ts';
import { aProblem } from '../support/problem.ts';
import { makeLastingFolder, makeTemporaryFolder } from '../support/temporary-folder.ts';
import { accessListIn } from '../support/tokens.ts';
import { INDEX, SCRIPT, writeSite } from './site.ts';

const SCRIPT_PATH = '/assets/index-4f9a.js';

async function openSite(folder: string): Promise<Pages> {
  const pages = await openPages(folder);
  if (pages === null) throw new Error('The test has no pages');
  return pages;
}

async function aSite(): Promise<string> {
  const folder = await makeTemporaryFolder();
  await writeSite(folder);
  return folder;
}

describe('the pages of the application', () => {
  let app: ReturnType<typeof openApp>;

  beforeAll(async () => {
    const folder = await makeLastingFolder();
    await writeSite(folder);
    app = openApp({ pages: await openSite(folder) });
    return () => rm(folder, { recursive: true });
  });

  it('GET / answers index.html, which is asked for again', async () => {
    const page = await app.ask('GET', '/');
    expect([page.status, page.type, page.text]).toEqual([200, 'text/html; charset=utf-8', INDEX]);
    expect(page.header('cache-control')).toBe('no-cache');
    expect(page.header('content-length')).toBe(String(INDEX.length));
  });

  it('GET /assets/... answers a file that is kept for a year', async () => {
    const script = await app.ask('GET', SCRIPT_PATH);
    expect([script.status, script.type, script.text]).toEqual([
      200,
      'text/javascript; charset=utf-8',
      SCRIPT,
    ]);
    expect(script.header('cache-control')).toBe('public, max-age=31536000, immutable');
  });

  it.each([
    ['/assets/index-77b1.css', 'text/css; charset=utf-8'],
    ['/assets/logo-1234.png', 'image/png'],
    ['/assets/icon-9c3e.svg', 'image/svg+xml'],
    ['/openapi.json', 'application/json'],
  ])('GET %s has its type', async (path, type) => {
    const file = await app.ask('GET', path);
    expect([file.status, file.type]).toEqual([200, type]);
  });

  it.each(['/', SCRIPT_PATH, '/openapi.json'])('GET %s has the security headers', async path => {
    const file = await app.ask('GET', path);
    expect(CONTENT_SECURITY_POLICY).toContain("default-src 'none'; script-src 'self'");
    expect(file.header('content-security-policy')).toBe(CONTENT_SECURITY_POLICY);
    expect(file.header('x-content-type-options')).toBe('nosniff');
    expect(file.header('referrer-policy')).toBe('no-referrer');
    expect(file.header('cross-origin-opener-policy')).toBe('same-origin');
    expect(file.header('cross-origin-resource-policy')).toBe('same-origin');
    expect(file.header('permissions-policy')).toContain('camera=()');
  });

  it('HEAD answers the headers of GET without a body', async () => {
    const head = await app.ask('HEAD', SCRIPT_PATH);
    const get = await app.ask('GET', SCRIPT_PATH);
    expect([head.status, head.text]).toEqual([200, '']);
    for (const name of ['etag', 'content-length', 'content-type', 'vary', 'cache-control']) {
      expect([name, head.header(name)]).toEqual([name, get.header(name)]);
    }
  });

  it('GET answers 304 to a client that has the file, with the tag and no body', async () => {
    const etag = (await app.ask('GET', '/')).header('etag') ?? '';
    expect(etag).toMatch(/^"[\w-]{22}"$/);
    const again = await app.ask('GET', '/', { headers: { 'If-None-Match': `"other", ${etag}` } });
    expect([again.status, again.text, again.header('etag')]).toEqual([304, '', etag]);
    expect(again.header('cache-control')).toBe('no-cache');
    const other = await app.ask('GET', '/', { headers: { 'If-None-Match': '"other"' } });
    expect(other.status).toBe(200);
  });

  it('GET answers without a token where the API needs one, and from any page', async () => {
    const access = accessListIn(`${'0'.repeat(64)}:read`);
    const closed = openApp({ pages: await openSite(await aSite()), access });
    expect((await closed.ask('GET', '/')).status).toBe(200);
    expect((await closed.ask('GET', '/v1/jobs')).status).toBe(401);
  });

  it('GET ignores a query, as the platforms do that serve files', async () => {
    expect((await app.ask('GET', '/?utm_source=mail')).status).toBe(200);
  });

  it.each([
    '/assets/none.js',
    '/assets/',
    '/assets',
    '/assets/../index.html',
    '/assets/..%2findex.html',
    '/assets/%2e%2e/_headers',
    '/assets/%2e%2e%2f%2e%2e%2fpackage.json',
    '/assets/index-4f9a.js%00.css',
    '/assets//index-4f9a.js',
    '/index.html',
    '/_headers',
    '/__proto__',
    '/assets/__proto__',
    '/assets/constructor',
  ])('GET %s answers not_found', async path => {
    const answer = await app.ask('GET', path);
    expect(answer).toMatchObject(aProblem({ status: 404, code: 'not_found' }));
  });

  it.each(['POST', 'PUT', 'DELETE'])('%s / answers method_not_allowed', async method => {
    const refused = await app.ask(method, '/');
    expect(refused).toMatchObject(aProblem({ status: 405, code: 'method_not_allowed' }));
    expect(refused.header('allow')).toBe('GET, HEAD');
  });
});

describe('an application without pages', () => {
  it('GET / says in plain text how to build them, and the API works', async () => {
    const app = openApp();
    const answer = await app.ask('GET', '/');
    expect([answer.status, answer.type]).toEqual([404, 'text/plain; charset=utf-8']);
    expect(answer.text).toContain('npm run build');
    expect((await app.ask('GET', '/v1/jobs')).status).toBe(200);
  });

  it('GET of another file answers not_found', async () => {
    const answer = await openApp().ask('GET', '/openapi.json');
    expect(answer).toMatchObject(aProblem({ status: 404, code: 'not_found' }));
  });
});

describe('openPages()', () => {
  async function find(path: string, acceptEncoding: string): Promise<Page> {
    const page = await (await openSite(await aSite())).find(path, acceptEncoding);
    if (page === null) throw new Error(`There is no ${path}`);
    return page;
  }

  it('sends text compressed to clients that take it, with a tag of its own', async () => {
    const plain = await find(SCRIPT_PATH, '');
    const gzip = await find(SCRIPT_PATH, 'gzip, deflate');
    const br = await find(SCRIPT_PATH, 'gzip, deflate, br, zstd');
    expect(gunzipSync(gzip.body).toString()).toBe(SCRIPT);
    expect(brotliDecompressSync(br.body).toString()).toBe(SCRIPT);
    expect(br.body.byteLength).toBeLessThan(plain.body.byteLength / 10);
    expect(new Set([plain.etag, gzip.etag, br.etag]).size).toBe(3);
    expect([gzip, br].map(({ headers }) => headers['Content-Encoding'])).toEqual(['gzip', 'br']);
    expect(plain.headers).toMatchObject({ Vary: 'Accept-Encoding' });
  });

  it('sends pictures as they are', async () => {
    const { headers } = await find('/assets/logo-1234.png', 'br');
    expect(headers).not.toHaveProperty('Content-Encoding');
    expect(headers).not.toHaveProperty('Vary');
  });

  it('compresses a file once', async () => {
    const pages = await openSite(await aSite());
    const [first, second] = await Promise.all([
      pages.find(SCRIPT_PATH, 'br'),
      pages.find(SCRIPT_PATH, 'br'),
    ]);
    expect(first).toBe(second);
  });

  it('reads neither links nor files that begin with a dot or an underscore', async () => {
    const folder = await aSite();
    await symlink('/etc/passwd', join(folder, 'assets/passwd.txt'));
    await writeFile(join(folder, '.env'), 'secret');
    const pages = await openSite(folder);
    const paths = ['/assets/passwd.txt', '/.env', '/_headers'];
    expect(await Promise.all(paths.map(path => pages.find(path, '')))).toEqual([null, null, null]);
  });

  it('returns null where nothing is built', async () => {
    const folder = await makeTemporaryFolder();
    expect(await openPages(join(folder, 'none'))).toBeNull();
    expect(await openPages(folder)).toBeNull();
  });

  it('rejects a folder with more than a build has', async () => {
    const many = await aSite();
    await mkdir(join(many, 'more'));
    for (let nth = 0; nth < 200; nth += 1) await writeFile(join(many, 'more', `${nth}.js`), '');
    await expect(openPages(many)).rejects.toThrow('206 files');
    const large = await aSite();
    await writeFile(join(large, 'video.js'), new Uint8Array(8 * 1024 * 1024));
    await expect(openPages(large)).rejects.toThrow('more than 200 and 8388608');
  });
});

describe('siteFolder()', () => {
  it('is the same folder for the sources and for the built modules', () => {
    expect(siteFolder('file:///app/functions/pages/folder.ts')).toBe('/app/dist/site/');
    expect(siteFolder('file:///app/dist/functions/pages/folder.js')).toBe('/app/dist/site/');
  });
});

describe('chooseEncoding()', () => {
  it.each([
    ['', 'identity'],
    ['gzip', 'gzip'],
    ['gzip, br', 'br'],
    ['GZIP;q=1.0, br;q=0', 'gzip'],
    ['*', 'br'],
    ['br;q=0, *;q=0.5', 'gzip'],
    ['identity', 'identity'],
    ['gzip;q=none', 'identity'],
    ['gzipped, brotli', 'identity'],
  ])('takes for "%s" %s', (header, encoding) => {
    expect(chooseEncoding(header)).toBe(encoding);
  });
});
