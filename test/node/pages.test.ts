import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { siteFolder } from '../../functions/pages/folder.ts';
import { CONTENT_SECURITY_POLICY } from '../../functions/pages/headers.ts';
import { head, openConnection } from './raw-connection.ts';
import { launchForFile } from './service.ts';

const service = await launchForFile();
/** As `npm run build` has left it. */
const built = await readFile(join(siteFolder(), 'index.html'), 'utf8');
const script = /src="\.(\/assets\/[^"]+\.js)"/.exec(built)?.[1] ?? '';

describe('the dashboard on Node', () => {
  it('is the one that was built, with its headers', async () => {
    const page = await fetch(service.url);
    expect(await page.text()).toBe(built);
    expect(page.headers.get('content-security-policy')).toBe(CONTENT_SECURITY_POLICY);
  });

  it('comes compressed, and a second time not at all', async () => {
    const encoding = { 'Accept-Encoding': 'gzip, br' };
    const first = await fetch(`${service.url}${script}`, { headers: encoding });
    expect([first.status, first.headers.get('content-encoding')]).toEqual([200, 'br']);
    expect((await first.text()).length).toBeGreaterThan(
      Number(first.headers.get('content-length')),
    );
    const headers = { ...encoding, 'If-None-Match': first.headers.get('etag') ?? '' };
    const second = await fetch(`${service.url}${script}`, { headers });
    expect([second.status, await second.text()]).toEqual([304, '']);
  });

  it('answers HEAD with the length alone', async () => {
    const connection = await openConnection(service.port);
    connection.send(head('HEAD', script, 'Connection: close'));
    const [headers = '', body] = (await connection.closed).split('\r\n\r\n');
    expect(headers).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(headers).toMatch(/^content-length: [1-9][0-9]*\r?$/im);
    expect(body).toBe('');
  });

  it.each([
    '/../package.json',
    '/assets/../../package.json',
    '/assets/..%2f..%2f..%2fpackage.json',
    '/assets/%2e%2e/%2e%2e/%2e%2e/package.json',
    '/assets/..\\..\\package.json',
    '//etc/passwd',
    '/_headers',
  ])('sends nothing from outside its folder for %s', async path => {
    const connection = await openConnection(service.port);
    connection.send(head('GET', path, 'Connection: close'));
    const answer = await connection.closed;
    expect(answer).toMatch(/^HTTP\/1\.1 40[04] /);
    expect(answer).not.toContain('dalsegno"');
    expect(answer).not.toContain('root:');
  });
});
