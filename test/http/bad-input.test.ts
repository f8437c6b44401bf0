import { describe, expect, it } from 'vitest';
import { type AppClient, type AskOptions, openApp } from '../support/app.ts';
import { aProblem } from '../support/problem.ts';
import { runtime } from '../support/runtime.ts';
import { aState } from '../support/state.ts';

const JOB = '/v1/jobs/job-1';
const SHEET = '/v1/jobs/job-1/sheets/1';
const DEEP = 100_000;

/** Every call that takes a body, with what else it needs. */
const WRITES = [
  ['POST', '/v1/jobs', {}],
  ['PUT', JOB, { 'If-Match': '*' }],
  ['PUT', SHEET, {}],
] as const;

/** Asks, and proves that the stored job is the same bytes at the same version after it. */
async function askInVain(
  app: AppClient,
  method: string,
  path: string,
  options: AskOptions,
): ReturnType<AppClient['ask']> {
  const before = await app.ask('GET', JOB);
  const answer = await app.ask(method, path, options);
  const after = await app.ask('GET', JOB);
  expect(after.header('etag')).toBe(before.header('etag'));
  expect(after.text).toBe(before.text);
  return answer;
}

async function openWithJob(options: { bodyLimitBytes?: number } = {}): Promise<AppClient> {
  const app = openApp(options);
  await app.create();
  return app;
}

describe.each(WRITES)('the body of %s %s', (method, path, headers) => {
  const notJson = [
    ['empty', ''],
    ['white space', ' \n'],
    ['truncated', '{"job_id": "job-1", "sheets": {"1": {"sta'],
    ['truncated in an escape', '{"job_id": "\\u00'],
    ['followed by more', '{} {}'],
    ['with a trailing comma', '{"a": 1,}'],
    ['with single quotes', "{'a': 1}"],
    ['with a comment', '{} // end'],
    ['with NaN', '{"a": NaN}'],
    ['with Infinity', '{"a": -Infinity}'],
    ['with a bare line break', '{"a": "\n"}'],
    ['with a leading zero', '{"a": 01}'],
    ['with a byte order mark', '\ufeff{}'],
    ['form data', 'job_id=job-1'],
  ] as const;

  it.each(notJson)('%s is malformed_json', async (_, body) => {
    const answer = await askInVain(await openWithJob(), method, path, { body, headers });
    expect(answer).toMatchObject(aProblem({ status: 400, code: 'malformed_json', path: '' }));
  });

  const notUtf8 = [
    ['a lone continuation byte', [0x7b, 0x22, 0x80, 0x22, 0x3a, 0x31, 0x7d]],
    ['an overlong slash', [0x22, 0xc0, 0xaf, 0x22]],
    ['a surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['UTF-16', [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]],
  ] as const;

  it.each(notUtf8)('%s is malformed_json', async (_, bytes) => {
    const body = Uint8Array.from(bytes);
    const answer = await askInVain(await openWithJob(), method, path, { body, headers });
    expect(answer).toMatchObject(aProblem({ status: 400, code: 'malformed_json', path: '' }));
  });

  const notAnObject = ['null', 'true', '1', '"text"', '[]', '[{}]', '{}'];

  it.each(notAnObject)('%s is invalid', async body => {
    const answer = await askInVain(await openWithJob(), method, path, { body, headers });
    expect(answer).toMatchObject(aProblem({ status: 422, code: 'invalid' }));
  });

  const deep = [
    ['open arrays', '['.repeat(DEEP)],
    ['arrays', '['.repeat(DEEP) + ']'.repeat(DEEP)],
    ['open objects', '{"a":'.repeat(DEEP)],
    ['objects', `${'{"a":'.repeat(DEEP)}1${'}'.repeat(DEEP)}`],
    [
      'objects in a state',
      `{"job_id":"job-1","job_name":"x","total_sheets":3,"status":"completed","x":${'{"a":'.repeat(DEEP)}1${'}'.repeat(DEEP)}}`,
    ],
  ] as const;

  it.each(deep)('100,000 levels of %s are invalid', async (_, body) => {
    const answer = await askInVain(await openWithJob(), method, path, { body, headers });
    expect(answer).toMatchObject(aProblem({ status: 422, code: 'invalid' }));
  });

  const mediaTypes = [
    ['text/plain', 'Content-Type', { 'Content-Type': 'text/plain' }],
    ['no type', 'Content-Type', { 'Content-Type': '' }],
    ['a JSON of another kind', 'Content-Type', { 'Content-Type': 'application/merge-patch+json' }],
    ['two types', 'Content-Type', { 'Content-Type': 'application/json, text/plain' }],
    ['latin1', 'Content-Type', { 'Content-Type': 'application/json; charset=latin1' }],
    ['gzip', 'Content-Encoding', { 'Content-Encoding': 'gzip' }],
    ['gzip among others', 'Content-Encoding', { 'Content-Encoding': 'identity, gzip' }],
  ] as const;

  it.each(mediaTypes)('%s is unsupported_media_type', async (_, fault, given) => {
    const options = { body: JSON.stringify(aState()), headers: { ...headers, ...given } };
    const answer = await askInVain(await openWithJob(), method, path, options);
    expect(answer).toMatchObject(
      aProblem({ status: 415, code: 'unsupported_media_type', path: fault }),
    );
  });

  it('a declared length beyond the limit is body_too_large before anything is read', async () => {
    let reads = 0;
    const body = new ReadableStream(
      {
        pull() {
          reads += 1;
        },
      },
      { highWaterMark: 0 },
    );
    const options = { body, headers: { ...headers, 'Content-Length': '1001' } };
    const app = await openWithJob({ bodyLimitBytes: 1000 });
    const answer = await askInVain(app, method, path, options);
    expect(answer).toMatchObject(
      aProblem({ status: 413, code: 'body_too_large', path: 'Content-Length' }),
    );
    expect(answer.json).toMatchObject({ limit_bytes: 1000 });
    expect(reads).toBe(0);
  });

  it('a stream beyond the limit is body_too_large and is read no further', async () => {
    let reads = 0;
    const body = new ReadableStream(
      {
        pull(controller) {
          reads += 1;
          controller.enqueue(new Uint8Array(400).fill(0x20));
        },
      },
      { highWaterMark: 0 },
    );
    const app = await openWithJob({ bodyLimitBytes: 1000 });
    const answer = await askInVain(app, method, path, { body, headers });
    expect(answer).toMatchObject(
      aProblem({ status: 413, code: 'body_too_large', path: 'Content-Length' }),
    );
    expect(reads).toBe(3);
  });
});

describe('a state', () => {
  const wrongTypes = [
    ['/job_name', { job_name: 7 }],
    ['/total_sheets', { total_sheets: 'many' }],
    ['/total_sheets', { total_sheets: 0 }],
    ['/total_sheets', { total_sheets: 1.5 }],
    ['/total_sheets', { total_sheets: null }],
    ['/status', { status: 'sleeping' }],
    ['/status', { status: ['pending'] }],
    ['/created_at', { created_at: 'yesterday' }],
    ['/created_at', { created_at: '2026-02-30T00:00:00Z' }],
    ['/sheets', { sheets: [] }],
    ['/sheets/x', { sheets: { x: { sheet_num: 1 } } }],
    ['/sheets/1', { sheets: { 1: null } }],
    ['/sheets/1/sheet_num', { sheets: { 1: {} } }],
    ['/sheets/1/status', { sheets: { 1: { sheet_num: 1, status: 'x' } } }],
    ['/sheets/1/confidence_score', { sheets: { 1: { sheet_num: 1, confidence_score: 1.5 } } }],
    ['/config_snapshot', { config_snapshot: 'none' }],
    ['/hook_results/1', { hook_results: [{}, 1] }],
    ['/parallel_enabled', { parallel_enabled: 'perhaps' }],
    ['/isolation_mode', { isolation_mode: 'vm' }],
    ['/pid', { pid: {} }],
  ] as const;

  it.each(wrongTypes)('%s is named when it is %j', async (path, overrides) => {
    const json = aState(overrides);
    const headers = { 'If-Match': '*' };
    const answer = await askInVain(await openWithJob(), 'PUT', JOB, { json, headers });
    expect(answer).toMatchObject(aProblem({ status: 422, code: 'invalid', path }));
  });

  it('a key with slashes and tildes is escaped in the path', async () => {
    const json = aState({ synthesis_results: { 'a/b~c': 1 } });
    const headers = { 'If-Match': '*' };
    const answer = await askInVain(await openWithJob(), 'PUT', JOB, { json, headers });
    expect(answer).toMatchObject(
      aProblem({ status: 422, code: 'invalid', path: '/synthesis_results/a~1b~0c' }),
    );
  });

  it('every fault is told at once', async () => {
    const json = { job_id: 1, total_sheets: 'x', pid: [] };
    const headers = { 'If-Match': '*' };
    const answer = await askInVain(await openWithJob(), 'PUT', JOB, { json, headers });
    const told = ['/job_id', '/job_name', '/total_sheets', '/pid'];
    expect(answer.json).toMatchObject({ errors: told.map(path => ({ path })) });
  });

  it.each([
    ['attempt_results', { attempt_results: [JSON.parse(nested(300))] }],
    ['agent_feedback', { agent_feedback: { a: JSON.parse(nested(300)) } }],
    ['an unknown key', { unknown: JSON.parse(nested(300)) }],
  ])('too deep a value in a sheet at %s is a fault of its place', async (_, sheet) => {
    const json = aState({ sheets: { 1: { sheet_num: 1, ...sheet } } });
    const headers = { 'If-Match': '*' };
    const answer = await askInVain(await openWithJob(), 'PUT', JOB, { json, headers });
    expect(answer).toMatchObject(aProblem({ status: 422, code: 'invalid' }));
    const path = expect.stringMatching(/^\/sheets\/1\//);
    expect(answer.json).toMatchObject({ errors: [{ path, reason: 'Nested deeper than 200' }] });
  });

  it('a hundred thousand faults are told as the first hundred', async () => {
    const json = aState({ instruments_used: Array.from({ length: 100_000 }, () => 1) });
    const headers = { 'If-Match': '*' };
    const answer = await askInVain(await openWithJob(), 'PUT', JOB, { json, headers });
    expect(answer).toMatchObject(aProblem({ status: 422, code: 'invalid' }));
    expect(answer.json).toHaveProperty('errors.length', 100);
  });

  it('many faults and long ones make a short answer', async () => {
    const long = 'k'.repeat(100_000);
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`${at + 1}`, 1]));
    const json = aState({ sheets: { [long]: 1, ...many } });
    const headers = { 'If-Match': '*' };
    const answer = await askInVain(await openWithJob(), 'PUT', JOB, { json, headers });
    expect(answer).toMatchObject(aProblem({ status: 422, code: 'invalid' }));
    expect(answer.json).toHaveProperty('errors.length', 100);
    expect(answer.text.length).toBeLessThan(20_000);
  });

  it.each([
    ['total_sheets', `${'0'.repeat(40_000)}x`],
    ['total_estimated_cost', `${'1'.repeat(40_000)}x`],
  ])('a long text for %s is refused at once', async (field, text) => {
    const json = aState({ [field]: text });
    const app = await openWithJob();
    const startedAt = performance.now();
    const answer = await app.ask('POST', '/v1/jobs', { json });
    expect(answer.status).toBe(422);
    expect(performance.now() - startedAt).toBeLessThan(500);
  });

  const depths = [
    [200, 199, 201],
    [201, 200, 422],
  ] as const;

  it.each(depths)('nesting of %d levels in all is judged', async (_, levels, status) => {
    const body = `{"job_id":"job-1","job_name":"x","total_sheets":1,"x":${nested(levels)}}`;
    expect((await openApp().ask('POST', '/v1/jobs', { body })).status).toBe(status);
  });
});

describe('an update', () => {
  const wrongUpdates = [
    ['/status', {}],
    ['/status', { status: 'pending' }],
    ['/status', { status: null }],
    ['', { status: 'completed', extra: 1 }],
    ['', { status: 'in_progress', stdout: 'x' }],
    ['/validation_passed', { status: 'completed', validation_passed: 'maybe' }],
    ['/validation_details', { status: 'completed', validation_details: {} }],
    ['/execution_duration_seconds', { status: 'completed', execution_duration_seconds: 'long' }],
    ['/stdout', { status: 'completed', stdout: ['line'] }],
    ['/exit_code', { status: 'failed', exit_code: 1.5 }],
    ['/exit_reason', { status: 'failed', exit_reason: 'bored' }],
    ['/error_category', { status: 'failed', error_category: 'x' }],
    ['/error_type', { status: 'failed', error_type: 'x' }],
    ['/reason', { status: 'skipped', reason: 7 }],
  ] as const;

  it.each(wrongUpdates)('%s is named when it is %j', async (path, json) => {
    const answer = await askInVain(await openWithJob(), 'PUT', SHEET, { json });
    expect(answer).toMatchObject(aProblem({ status: 422, code: 'invalid', path }));
  });
});

describe('a sheet number', () => {
  const wrong = [
    '0',
    '-1',
    '1.5',
    '1e1',
    '0x1',
    '01',
    '+1',
    '%31%00',
    '%201',
    '%EF%BC%91',
    'NaN',
    'one',
    '__proto__',
    '4',
    '9007199254740993',
    '9'.repeat(5000),
  ];

  it.each(wrong)('%s is refused', async n => {
    const app = await openWithJob();
    const json = { status: 'completed' };
    const answer = await askInVain(app, 'PUT', `/v1/jobs/job-1/sheets/${n}`, { json });
    expect(answer).toMatchObject(aProblem({ status: 422, code: 'invalid', path: '{n}' }));
  });
});

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
    '/',
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

/** Arrays in arrays, so many of them. */
function nested(levels: number): string {
  return '['.repeat(levels) + ']'.repeat(levels);
}
