import { describe, expect, it } from 'vitest';
import { type AppClient, openApp } from '../support/app.ts';
import { JOB } from '../support/leasing.ts';
import { aState } from '../support/state.ts';
import { tokensOf } from '../support/tokens.ts';

const PAGE = 'https://app.example';
const OTHER = 'https://evil.example';

async function guarded(origins: AppClientOrigins) {
  const tokens = await tokensOf({ admin: 'admin' });
  return { app: openApp({ access: tokens.list, corsOrigins: origins }), token: tokens.as('admin') };
}

type AppClientOrigins = ReadonlySet<string> | 'any';

function preflight(app: AppClient, origin: string, path = JOB) {
  return app.ask('OPTIONS', path, {
    headers: {
      Origin: origin,
      'Access-Control-Request-Method': 'PUT',
      'Access-Control-Request-Headers': 'authorization,if-match,lease-token',
    },
  });
}

describe('a page of an allowed origin', () => {
  it.each([JOB, '/v1/jobs', '/v1/claims', '/healthz', '/v1/nothing'])(
    'has its preflight answered without a token: %s',
    async path => {
      const { app } = await guarded(new Set([PAGE, 'http://localhost:3000']));
      const answer = await preflight(app, PAGE, path);
      expect([answer.status, answer.text]).toEqual([204, '']);
      expect(answer.header('access-control-allow-origin')).toBe(PAGE);
      const methods = answer.header('access-control-allow-methods')?.split(', ');
      expect(methods).toEqual(expect.arrayContaining(['GET', 'POST', 'PUT', 'DELETE']));
      const headers = answer.header('access-control-allow-headers')?.split(', ');
      const used = ['Authorization', 'Content-Type', 'If-Match', 'If-None-Match', 'Lease-Token'];
      const more = ['Prefer', 'Idempotency-Key', 'Idempotency-Attempt', 'X-Request-Id'];
      expect(headers).toEqual(expect.arrayContaining([...used, ...more]));
      expect(answer.header('access-control-max-age')).toMatch(/^[1-9]/);
      expect(answer.header('vary')).toBe('Origin');
      expect(answer.header('x-request-id')).not.toBeNull();
    },
  );

  it('may read answers, with the headers that the API speaks by', async () => {
    const { app, token } = await guarded(new Set([PAGE]));
    const headers = { ...token, Origin: PAGE };
    const created = await app.ask('POST', '/v1/jobs', { json: aState(), headers });
    expect(created.status).toBe(201);
    expect(created.header('access-control-allow-origin')).toBe(PAGE);
    expect(created.header('vary')).toBe('Origin');
    const exposed = created.header('access-control-expose-headers')?.split(', ');
    const spoken = ['ETag', 'Location', 'Retry-After', 'WWW-Authenticate', 'X-Request-Id'];
    expect(exposed).toEqual(expect.arrayContaining(spoken));
    expect(created.header('access-control-allow-credentials')).toBeNull();
    const loaded = await app.ask('GET', JOB, {
      headers: { ...headers, 'If-None-Match': created.header('etag') ?? '' },
    });
    expect(loaded.status).toBe(304);
    expect(loaded.header('access-control-allow-origin')).toBe(PAGE);
  });

  it.each([
    ['GET', '/v1/jobs', 401],
    ['GET', '/v1/nothing', 404],
    ['PATCH', '/healthz', 405],
    ['GET', '/healthz?x=1', 422],
  ])('may read failures: %s %s', async (method, path, status) => {
    const { app } = await guarded(new Set([PAGE]));
    const answer = await app.ask(method, path, { headers: { Origin: PAGE } });
    expect(answer.status).toBe(status);
    expect(answer.header('access-control-allow-origin')).toBe(PAGE);
  });

  it('may be any page where all are allowed', async () => {
    const { app, token } = await guarded('any');
    expect((await preflight(app, OTHER)).header('access-control-allow-origin')).toBe('*');
    const answer = await app.ask('GET', '/v1/jobs', { headers: { ...token, Origin: OTHER } });
    expect(answer.header('access-control-allow-origin')).toBe('*');
    expect(answer.header('vary')).toBeNull();
  });
});

describe('a page of another origin', () => {
  it.each([OTHER, 'null', 'http://app.example', `${PAGE}:8443`, `${PAGE}.evil.example`])(
    'is told nothing: %s',
    async origin => {
      const { app, token } = await guarded(new Set([PAGE]));
      const asked = await preflight(app, origin);
      expect(asked.status).toBe(401);
      const answer = await app.ask('GET', '/v1/jobs', { headers: { ...token, Origin: origin } });
      for (const told of [asked, answer]) {
        expect(told.header('access-control-allow-origin')).toBeNull();
        expect(told.header('access-control-allow-methods')).toBeNull();
        expect(told.header('vary')).toBe('Origin');
      }
    },
  );

  it('is refused where no tokens are asked for, whatever is allowed', async () => {
    const app = openApp({ corsOrigins: new Set([PAGE]) });
    const answer = await app.ask('GET', '/v1/jobs', { headers: { Origin: PAGE } });
    expect(answer.status).toBe(403);
  });
});

describe('without allowed origins', () => {
  it('nothing is said of them, and a preflight is no method', async () => {
    const app = openApp();
    const asked = await preflight(app, 'http://localhost:3000');
    const answer = await app.ask('GET', '/healthz', { headers: { Origin: PAGE } });
    expect(asked.status).toBe(405);
    for (const name of ['access-control-allow-origin', 'vary', 'access-control-expose-headers']) {
      expect([asked.header(name), answer.header(name)]).toEqual([null, null]);
    }
  });

  it('OPTIONS that is no preflight is no method, also with them', async () => {
    const app = openApp({ corsOrigins: 'any' });
    expect((await app.ask('OPTIONS', JOB)).status).toBe(405);
  });
});
