import { describe, expect, it } from 'vitest';
import type { ObjectStore } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { answerFaults } from '../openapi/answer-faults.ts';
import { operationNamed } from '../openapi/document.ts';
import { type AppClient, openApp } from '../support/app.ts';
import { tokensOf } from '../support/tokens.ts';
import { contentsOf } from './stored-places.ts';

function open(store: ObjectStore = createMemoryStore()): AppClient {
  return openApp({ store, servesObjects: true, bodyLimitBytes: 1000 });
}

function bodyOf(type: string | null, text: string): { readonly body?: unknown } {
  if (text === '') return {};
  return { body: type === 'application/json' ? JSON.parse(text) : text };
}

/** The body of an answer that is as the document of the API says. */
async function documented(operation: string, response: Response): Promise<unknown> {
  const headers = Object.fromEntries(response.headers);
  const text = await response.text();
  const body = bodyOf(response.headers.get('content-type'), text);
  const answer = { status: response.status, headers, ...body };
  expect(answerFaults(operationNamed(operation), answer)).toEqual([]);
  return body.body;
}

function call(app: AppClient, path: string, init: RequestInit = {}): Promise<Response> {
  return app.fetch(new Request(`http://localhost${path}`, init));
}

function put(app: AppClient, query: string, init: RequestInit = {}): Promise<Response> {
  return call(app, `/v1/object?${query}`, { method: 'PUT', body: 'bytes', ...init });
}

describe('/v1/object', () => {
  it('keeps bytes that are no text, and gives them back with their version', async () => {
    const app = open();
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const written = await put(app, 'key=jobs/odd.json', { body: bytes });
    const { version } = (await documented('putObject', written)) as { version: string };
    const read = await call(app, '/v1/object?key=jobs/odd.json');
    expect([read.headers.get('etag'), read.headers.get('cache-control')]).toEqual([
      `"${version}"`,
      'no-store',
    ]);
    expect(new Uint8Array(await read.arrayBuffer())).toEqual(bytes);
  });

  it('answers as the document says, with an object and without', async () => {
    const app = open();
    await put(app, 'key=lapses/a.json');
    const found = await documented('getObject', await call(app, '/v1/object?key=lapses/a.json'));
    expect(found).toBe('bytes');
    await documented('getObject', await call(app, '/v1/object?key=lapses/b.json'));
    const head = { method: 'HEAD' };
    await documented('headObject', await call(app, '/v1/object?key=lapses/a.json', head));
    await documented('headObject', await call(app, '/v1/object?key=lapses/b.json', head));
    await documented('listObjects', await call(app, '/v1/objects?prefix=lapses/'));
    await documented('headObjects', await call(app, '/v1/objects?prefix=lapses/', head));
  });

  it('writes nothing where the precondition is not met', async () => {
    const app = open();
    await put(app, 'key=leases/a.json');
    for (const headers of [{ 'If-None-Match': '*' }, { 'If-Match': '"old"' }]) {
      const refused = await put(app, 'key=leases/a.json', { headers, body: 'other' });
      expect(await refused.json()).toEqual({ version: null });
    }
    expect(await contentsOf(app.store, ['leases/'])).toEqual({ 'leases/a.json': 'bytes' });
  });

  it.each([
    ['key=', {}, '?key'],
    ['key=shards/layout.json', {}, '?key'],
    ['key=jobs/a/b.json', {}, '?key'],
    ['key=jobs/', {}, '?key'],
    ['key=jobs/a%00.json', {}, '?key'],
    [`key=jobs/${'a'.repeat(256)}`, {}, '?key'],
    [`key=jobs/a.json&label=${'ä'.repeat(451)}`, {}, '?label'],
    ['key=jobs/a.json', { 'If-Match': '*' }, 'If-Match'],
    ['key=jobs/a.json', { 'If-Match': '"a", "b"' }, 'If-Match'],
    ['key=jobs/a.json', { 'If-Match': 'a' }, 'If-Match'],
  ])('refuses %.60s with %o, and names %s', async (query, headers, path) => {
    const app = open();
    const answer = await put(app, query, { headers });
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({ code: 'invalid', errors: [{ path }] });
    expect(await contentsOf(app.store)).toEqual({});
  });

  it('refuses a body above the limit, with nothing written', async () => {
    const app = open();
    const answer = await put(app, 'key=jobs/a.json', { body: 'x'.repeat(1001) });
    expect(answer.status).toBe(413);
    expect(await contentsOf(app.store)).toEqual({});
  });

  it('is for operators of all jobs alone', async () => {
    const tokens = await tokensOf({ work: 'work', some: 'admin:team-', all: 'admin' });
    const store = createMemoryStore();
    const app = openApp({ store, servesObjects: true, access: tokens.list });
    const status = async (name: 'work' | 'some' | 'all') =>
      (await call(app, '/v1/objects?prefix=leases/', { headers: tokens.as(name) })).status;
    expect([await status('work'), await status('some'), await status('all')]).toEqual([
      403, 403, 200,
    ]);
  });

  it('is not there where the store can be opened without the service', async () => {
    const answer = await openApp().ask('GET', '/v1/objects?prefix=jobs/');
    expect([answer.status, answer.json]).toMatchObject([404, { code: 'not_found' }]);
  });
});

describe('/v1/objects', () => {
  it('has pages of 1,000 keys, each key once', async () => {
    const app = open();
    const keys = Array.from({ length: 2_001 }, (_, nth) => `ready/${String(nth).padStart(5, '0')}`);
    for (const key of keys) await app.store.put(key, new Uint8Array(), { kind: 'none' });
    const seen: string[] = [];
    const sizes: number[] = [];
    for (let after: string | null = ''; after !== null; ) {
      const query = new URLSearchParams({ prefix: 'ready/', ...(after === '' ? {} : { after }) });
      const { json } = await app.ask('GET', `/v1/objects?${query.toString()}`);
      const page = json as { objects: { key: string }[]; next: string | null };
      seen.push(...page.objects.map(({ key }) => key));
      sizes.push(page.objects.length);
      after = page.next;
    }
    expect(seen).toEqual(keys);
    expect(sizes).toEqual([1000, 1000, 1]);
  });
});
