import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tokensOf } from '../support/tokens.ts';
import { head, openConnection } from './raw-connection.ts';
import { type LogLine, launchForFile, startService } from './service.ts';

/** For the tests that do not look at the whole log. */
const shared = await launchForFile();

function ofRequest(requestId: string): (line: LogLine) => boolean {
  return line => line['request_id'] === requestId;
}

describe('the log', () => {
  it('has one line of JSON for a request', async () => {
    const service = await startService();
    const headers = { 'X-Request-Id': 'r-1' };
    await fetch(`${service.url}/v1/jobs/a%20b`, { headers });
    expect(await service.line(ofRequest('r-1'))).toMatchObject({
      level: 'INFO',
      logger: 'dalsegno.http',
      method: 'GET',
      path: expect.stringMatching(/^\/v1\/jobs\/a/),
      status: 404,
      duration_ms: expect.any(Number),
      job_id: 'a b',
      code: 'job_not_found',
    });
    const { stdout } = await service.stop('SIGTERM');
    expect(stdout.split('"r-1"')).toHaveLength(2);
  });

  it('says by which token a request came, also one that was refused', async () => {
    const { setting, as } = await tokensOf({
      ci: 'work;name=ci',
      reader: 'read',
      old: 'admin;name=old;expires=2026-01-01',
    });
    const service = await startService({ environment: { ACCESS_TOKENS: setting } });
    const ask = async (requestId: string, token: 'ci' | 'reader' | 'old', method: string) => {
      const headers = {
        ...as(token),
        'X-Request-Id': requestId,
        'Content-Type': 'application/json',
      };
      await fetch(`${service.url}/v1/jobs/job-1`, { method, headers });
      return service.line(ofRequest(requestId));
    };
    expect(await ask('r-6', 'ci', 'PUT')).toMatchObject({ access: 'ci', status: 428 });
    expect(await ask('r-7', 'ci', 'DELETE')).toMatchObject({ access: 'ci', status: 403 });
    const unnamed = await ask('r-8', 'reader', 'PUT');
    expect(unnamed).toMatchObject({ access: expect.stringMatching(/^sha256:[0-9a-f]{8}$/) });
    expect(await ask('r-9', 'old', 'PUT')).toMatchObject({ code: 'token_expired', access: 'old' });
  });

  it('has no code and no job where there is none', async () => {
    await fetch(`${shared.url}/healthz`, { headers: { 'X-Request-Id': 'r-2' } });
    const line = await shared.line(ofRequest('r-2'));
    expect(line).toMatchObject({ path: '/healthz', status: 200 });
    expect(Object.keys(line)).not.toEqual(expect.arrayContaining(['code']));
    expect(Object.keys(line)).not.toEqual(expect.arrayContaining(['job_id']));
  });

  it('has one line also where the path holds line breaks and braces', async () => {
    const path = '/v1/jobs/%7Bmethod%7D%0a%22%7D%0a%1b[2J';
    await fetch(`${shared.url}${path}`, { headers: { 'X-Request-Id': 'r-3' } });
    const line = await shared.line(ofRequest('r-3'));
    expect(line).toMatchObject({ job_id: '{method}\n"}\n\u001b[2J', status: 404 });
    expect(String(line['message'])).toContain('{method}');
  });

  it('has no lease token of updates that come in one request, also where the store fails', async () => {
    const service = await startService();
    const ask = async (path: string, json: unknown, requestId = 'r-10') => {
      const headers = { 'Content-Type': 'application/json', 'X-Request-Id': requestId };
      const init = { method: 'POST', headers, body: JSON.stringify(json) };
      return (await fetch(`${service.url}${path}`, init)).json();
    };
    const tokens: string[] = [];
    for (const job_id of ['job-1', 'job-2']) {
      await ask('/v1/jobs', { job_id, job_name: 'A job', total_sheets: 3 });
      tokens.push((await ask(`/v1/jobs/${job_id}/lease`, { holder: 'w-1' })).token);
    }
    // Nothing can be read or written where a folder stands.
    await rm(join(service.folder, 'job-2.json'));
    await mkdir(join(service.folder, 'job-2.json'));
    const updates = tokens.map(token => ({ token, sheet: 1, status: 'completed' }));
    expect(await ask('/v1/updates', { updates }, 'r-11')).toMatchObject({
      updates: [{ ok: true }, { ok: false, code: 'store_unavailable' }],
    });
    const isError = (line: LogLine) => ofRequest('r-11')(line) && line['level'] === 'ERROR';
    expect(await service.line(isError)).toMatchObject({ path: '/v1/updates' });
    const { stdout } = await service.stop('SIGTERM');
    expect(stdout).toContain('POST /v1/updates 200');
    for (const token of tokens) expect(stdout).not.toContain(token.slice(-43));
  });

  it('has no error for an upload that the client broke off', async () => {
    const connection = await openConnection(shared.port);
    const type = 'Content-Type: application/json';
    const id = 'X-Request-Id: r-4';
    connection.send(head('POST', '/v1/jobs', type, id, 'Content-Length: 100'));
    connection.send('{"job_id": ');
    // The answer to a second client shows that the first one's upload is being read.
    await fetch(`${shared.url}/healthz`);
    connection.destroy();
    const line = await shared.line(ofRequest('r-4'));
    expect(line).toMatchObject({ level: 'INFO', status: 400, code: 'malformed_json' });
  });

  it('goes to the standard output alone', async () => {
    const service = await startService({ flags: ['--log-format', 'json'] });
    await fetch(`${service.url}/healthz`, { headers: { 'X-Request-Id': 'r-5' } });
    await service.line(ofRequest('r-5'));
    const { stderr } = await service.stop('SIGTERM');
    expect(stderr).toBe('');
  });
});
