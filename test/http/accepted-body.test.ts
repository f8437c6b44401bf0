import { describe, expect, it } from 'vitest';
import { openApp } from '../support/app.ts';
import { JOB } from '../support/leasing.ts';
import { aProblem } from '../support/problem.ts';

const CALLS = [
  ['POST', '/v1/jobs', {}],
  ['PUT', JOB, { 'If-Match': '*' }],
  ['PUT', `${JOB}/sheets/1`, {}],
  ['POST', '/v1/claims', {}],
  ['POST', '/v1/heartbeats', {}],
  ['POST', '/v1/updates', {}],
  ['POST', `${JOB}/pause`, {}],
] as const;

describe('unsupported_media_type', () => {
  it.each(CALLS)('says that the body may not be compressed: %s %s', async (method, path, more) => {
    const headers = { 'Content-Encoding': 'gzip', ...more };
    const answer = await openApp().ask(method, path, { body: '{}', headers });
    const refusal = { status: 415, code: 'unsupported_media_type', path: 'Content-Encoding' };
    expect(answer).toMatchObject(aProblem(refusal));
    expect(answer.header('accept-encoding')).toBe('identity');
    expect(answer.header('accept')).toBeNull();
  });

  it.each(CALLS)('says which media type it may have: %s %s', async (method, path, more) => {
    const headers = { 'Content-Type': 'text/plain', ...more };
    const answer = await openApp().ask(method, path, { body: '{}', headers });
    const refusal = { status: 415, code: 'unsupported_media_type', path: 'Content-Type' };
    expect(answer).toMatchObject(aProblem(refusal));
    expect(answer.header('accept')).toBe('application/json');
    expect(answer.header('accept-encoding')).toBeNull();
  });
});
