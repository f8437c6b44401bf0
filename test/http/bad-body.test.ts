import { describe, expect, it } from 'vitest';
import { aProblem } from '../support/problem.ts';
import { aState } from '../support/state.ts';
import { askInVain, JOB, openWithJob, SHEET } from './asked-in-vain.ts';

const DEEP = 100_000;

/** Every call that takes a body, with what else it needs. */
const WRITES = [
  ['POST', '/v1/jobs', {}],
  ['PUT', JOB, { 'If-Match': '*' }],
  ['PUT', SHEET, {}],
] as const;

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
