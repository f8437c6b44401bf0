import { describe, expect, it } from 'vitest';
import { openApp } from '../support/app.ts';
import { aProblem } from '../support/problem.ts';
import { runtime } from '../support/runtime.ts';
import { aState } from '../support/state.ts';
import { askInVain, JOB, openWithJob, SHEET } from './asked-in-vain.ts';

describe('a job id', () => {
  const wrong = [
    ['NUL', '%00'],
    ['NUL in the middle', 'a%00b'],
    ['no UTF-8', '%ff'],
    ['half a character', '%c3'],
    ['an overlong slash', '%c0%af'],
    ['a surrogate', '%ed%a0%80'],
    ['no hexadecimal', '%zz'],
    ['a bare percent', '%'],
    ['201 characters', 'x'.repeat(201)],
    ['5,000 characters', 'x'.repeat(5000)],
    ['5,000 characters of three bytes', '%E5%90%8D'.repeat(1500)],
    ['200 characters of too many bytes', '%E5%90%8D'.repeat(200)],
  ] as const;

  const CALLS = [
    ['GET', '', undefined],
    ['PUT', '', aState()],
    ['DELETE', '', undefined],
    ['GET', '/next-sheet', undefined],
    ['PUT', '/sheets/1', { status: 'completed' }],
    ['POST', '/lease', { holder: 'w' }],
    ['PUT', '/lease', {}],
    ['DELETE', '/lease', undefined],
    ['POST', '/pause', undefined],
    ['POST', '/resume', undefined],
    ['GET', '/why', undefined],
  ] as const;

  it.each(wrong)('of %s is refused by every call', async (_, id) => {
    const place = await runtime.makePlace();
    const app = openApp({ store: await place.open() });
    for (const [method, rest, json] of CALLS) {
      const headers: Record<string, string> = method === 'GET' ? {} : { 'If-Match': '*' };
      const answer = await app.ask(method, `/v1/jobs/${id}${rest}`, { json, headers });
      expect(answer).toMatchObject(aProblem({ status: 422, code: 'invalid', path: '{id}' }));
    }
    expect(await place.names()).toEqual([]);
  });

  const strange = [
    ['..%2f..%2fetc%2fpasswd', '../../etc/passwd', '______etc_passwd.json'],
    ['%2e%2e%2fjob-1', '../job-1', '___job-1.json'],
    ['%2Fetc%2Fpasswd', '/etc/passwd', '_etc_passwd.json'],
    ['..%5c..%5cwin.ini', '..\\..\\win.ini', '______win_ini.json'],
    ['%252e%252e%252f', '%2e%2e%2f', '_2e_2e_2f.json'],
    ['.dalsegno', '.dalsegno', '_dalsegno.json'],
    ['job-1.json', 'job-1.json', 'job-1_json.json'],
    ['__proto__', '__proto__', '__proto__.json'],
    ['constructor', 'constructor', 'constructor.json'],
    ['toString', 'toString', 'toString.json'],
    ['%0d%0aSet-Cookie:x', '\r\nSet-Cookie:x', '__Set-Cookie_x.json'],
    ['%1b[2J', '\u001b[2J', '__2J.json'],
    ['%3Cscript%3E', '<script>', '_script_.json'],
    ['%E2%80%AE', '\u202e', '_.json'],
    ['x'.repeat(200), 'x'.repeat(200), `${'x'.repeat(200)}.json`],
  ] as const;

  it.each(strange)('%s is one object of its own, and found again', async (id, jobId, name) => {
    const place = await runtime.makePlace();
    const app = openApp({ store: await place.open() });
    const path = `/v1/jobs/${id}`;
    expect(await app.ask('GET', path)).toMatchObject(
      aProblem({ status: 404, code: 'job_not_found' }),
    );
    const headers = { 'If-None-Match': '*' };
    const json = aState({ job_id: jobId });
    const saved = await app.ask('PUT', path, { json, headers });
    expect(saved.status).toBe(201);
    expect(await place.names()).toEqual([name]);
    expect((await app.ask('GET', path)).text).toBe(saved.text);
    const next = await app.ask('GET', `${path}/next-sheet`);
    expect(next.json).toMatchObject({ next_sheet: 1, exists: true });
    const updated = await app.ask('PUT', `${path}/sheets/1`, { json: { status: 'completed' } });
    expect(updated.json).toMatchObject({ job_id: jobId, progress: [1, 3] });
    expect((await app.ask('DELETE', path)).status).toBe(204);
    expect(await place.names()).toEqual([]);
  });

  const wrongInBody = [
    '',
    '.',
    '..',
    '\0',
    'a\0',
    '\ud800',
    'x'.repeat(201),
    'x'.repeat(1_000_000),
    '名'.repeat(100),
  ];

  it.each(wrongInBody)('POST refuses the one of %j', async jobId => {
    const place = await runtime.makePlace();
    const app = openApp({ store: await place.open() });
    const answer = await app.ask('POST', '/v1/jobs', { json: aState({ job_id: jobId }) });
    expect(answer).toMatchObject(aProblem({ status: 422, code: 'invalid', path: '/job_id' }));
    expect(await place.names()).toEqual([]);
  });
});

describe('a path', () => {
  const nowhere = [
    '/v1',
    '/v1/',
    '/v1/job',
    '/v1/jobs/',
    '/v1/jobs//next-sheet',
    '/v1/jobs/job-1/',
    '/v1/jobs/job-1/sheets',
    '/v1/jobs/job-1/sheets/1/x',
    '/v1/jobs/%2e%2e',
    '/v1/jobs/../../etc/passwd',
    '/healthz/',
    '/__proto__',
    '/%00',
    '/%ff',
    '//v1/jobs',
    '/V1/JOBS',
    '/v2/jobs',
  ];

  it.each(nowhere)('%s is not_found with every method', async path => {
    const app = openApp();
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH']) {
      expect(await app.ask(method, path)).toMatchObject(
        aProblem({ status: 404, code: 'not_found' }),
      );
    }
  });
});

describe('a method', () => {
  const resources = [
    ['/v1/jobs', 'GET, HEAD, POST', ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PURGE']],
    [JOB, 'GET, HEAD, PUT, DELETE', ['POST', 'PATCH', 'OPTIONS', 'PURGE']],
    [SHEET, 'PUT', ['GET', 'POST', 'DELETE', 'PATCH', 'OPTIONS', 'PURGE']],
    [`${JOB}/next-sheet`, 'GET, HEAD', ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PURGE']],
    ['/healthz', 'GET, HEAD', ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PURGE']],
    ['/readyz', 'GET, HEAD', ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PURGE']],
  ] as const;

  it.each(resources)('of %s other than %s is method_not_allowed', async (path, allow, methods) => {
    const app = await openWithJob();
    for (const method of methods) {
      const answer = await askInVain(app, method, path, {});
      expect(answer).toMatchObject(
        aProblem({ status: 405, code: 'method_not_allowed', path: 'method' }),
      );
      expect(answer.header('allow')).toBe(allow);
    }
  });

  it('HEAD of a sheet is method_not_allowed, without a body', async () => {
    const answer = await (await openWithJob()).ask('HEAD', SHEET);
    expect([answer.status, answer.header('allow'), answer.text]).toEqual([405, 'PUT', '']);
  });
});
