import { describe, expect, it } from 'vitest';
import { head, openConnection, type RawConnection } from './raw-connection.ts';
import { launchForFile } from './service.ts';

const TYPE = 'Content-Type: application/json';
const UPDATE = '{"status":"in_progress"}';
const PUT =
  head('PUT', '/v1/jobs/job-1/sheets/1', TYPE, `Content-Length: ${UPDATE.length}`) + UPDATE;

const service = await launchForFile();

/** A connection to the service, which has a job that nobody has touched. */
async function openWithJob(): Promise<RawConnection> {
  const headers = { 'Content-Type': 'application/json', 'If-None-Match': '*' };
  const body = '{"job_id": "job-1", "job_name": "x", "total_sheets": 1}';
  await fetch(`${service.url}/v1/jobs/job-1`, { method: 'DELETE' });
  await fetch(`${service.url}/v1/jobs/job-1`, { method: 'PUT', headers, body });
  return openConnection(service.port);
}

async function loaded(): Promise<unknown> {
  return (await fetch(`${service.url}/v1/jobs/job-1`)).json();
}

describe('one connection', () => {
  it('is kept unused for longer than proxies keep theirs', async () => {
    const connection = await openConnection(service.port);
    connection.send(head('GET', '/healthz'));
    const answer = await connection.received('}');
    const seconds = /^keep-alive: timeout=(\d+)\r$/im.exec(answer)?.[1];
    expect(Number(seconds)).toBeGreaterThan(120);
  });

  it('answers 20 updates that were sent at once, in turn, and counts each', async () => {
    const connection = await openWithJob();
    connection.send(PUT.repeat(20) + head('GET', '/healthz', 'Connection: close'));
    const statuses = (await connection.closed).match(/HTTP\/1\.1 \d+/g);
    expect(statuses).toEqual(Array.from({ length: 21 }, () => 'HTTP/1.1 200'));
    expect(await loaded()).toMatchObject({ sheets: { 1: { attempt_count: 20 } } });
  });

  it('goes on after a request whose body was not read', async () => {
    const connection = await openWithJob();
    const refused =
      head('PUT', '/v1/jobs/job-1', TYPE, `Content-Length: ${UPDATE.length}`) + UPDATE;
    connection.send(refused + head('GET', '/healthz', 'Connection: close'));
    const statuses = (await connection.closed).match(/HTTP\/1\.1 \d+/g);
    expect(statuses).toEqual(['HTTP/1.1 428', 'HTTP/1.1 200']);
  });

  const broken = [
    ['both lengths', 'Content-Length: 24\r\nTransfer-Encoding: chunked', '0\r\n\r\n', 400],
    ['two lengths', 'Content-Length: 24\r\nContent-Length: 25', UPDATE, 400],
    ['one length twice', 'Content-Length: 24\r\nContent-Length: 24', UPDATE, 400],
    ['a list of lengths', 'Content-Length: 24, 24', UPDATE, 400],
    ['a length with a sign', 'Content-Length: +24', UPDATE, 400],
    ['no length where one is named', 'Content-Length:', '', 400],
    [
      'lengths in the other order',
      'Transfer-Encoding: chunked\r\nContent-Length: 24',
      '0\r\n\r\n',
      400,
    ],
    ['two codings', 'Transfer-Encoding: chunked, identity', '0\r\n\r\n', 400],
    [
      'a coding twice',
      'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked',
      '0\r\n\r\n',
      400,
    ],
    ['a coding of its own', 'Transfer-Encoding: xchunked', '0\r\n\r\n', 400],
    [
      'a compressed coding',
      'Connection: close\r\nTransfer-Encoding: gzip, chunked',
      '0\r\n\r\n',
      400,
    ],
    ['a blank before a colon', 'Transfer-Encoding : chunked', '0\r\n\r\n', 400],
    ['a folded header', 'Transfer-Encoding:\r\n chunked', '0\r\n\r\n', 400],
    ['a second host', 'Connection: close\r\nHost: localhost\r\nContent-Length: 24', UPDATE, 400],
    [
      'a second host elsewhere',
      'Connection: close\r\nHost: evil.example\r\nContent-Length: 24',
      UPDATE,
      400,
    ],
    ['a negative length', 'Content-Length: -1', '', 400],
    ['a length that is no number', 'Content-Length: 0x18', UPDATE, 400],
    ['a bad chunk', 'Transfer-Encoding: chunked', 'zz\r\n', 400],
    ['a bad chunk after a good one', 'Transfer-Encoding: chunked', '1\r\n{\r\nzz\r\n', 400],
    ['a NUL in a header', 'X: a\0b', '', 400],
    ['100 KB of header', `X: ${'x'.repeat(100_000)}`, '', 431],
    ['3,000 headers', Array.from({ length: 3000 }, () => 'X:').join('\r\n'), '', 431],
  ] as const;

  it.each(broken)(
    'is closed with a 4xx when %s comes, and nothing is written',
    async (...given) => {
      const [, header, body, status] = given;
      const connection = await openWithJob();
      connection.send(head('PUT', '/v1/jobs/job-1/sheets/1', TYPE, header) + body);
      expect(await connection.closed).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
      expect(await loaded()).toMatchObject({ sheets: {} });
    },
  );

  it('is closed when an upload ends before its length, and nothing is written', async () => {
    const connection = await openWithJob();
    const type = `Content-Length: ${UPDATE.length + 1}`;
    connection.send(head('PUT', '/v1/jobs/job-1/sheets/1', TYPE, type) + UPDATE);
    connection.end();
    expect(await connection.closed).toMatch(/^HTTP\/1\.1 400 /);
    expect(await loaded()).toMatchObject({ sheets: {} });
  });

  it.each([
    ['no host', 'GET /v1/jobs HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    [
      'a host elsewhere',
      'GET /v1/jobs HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
      403,
    ],
    ['a target elsewhere', head('GET', 'http://evil.example/v1/jobs', 'Connection: close'), 403],
    [
      'a target elsewhere, by TLS',
      head('GET', 'https://evil.example/v1/jobs', 'Connection: close'),
      403,
    ],
    ['a target here', head('GET', 'http://127.0.0.1/v1/jobs', 'Connection: close'), 200],
  ])('answers a request with %s', async (_name, request, status) => {
    const connection = await openWithJob();
    connection.send(request);
    expect(await connection.closed).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  it('answers 405 to the methods that fetch cannot send', async () => {
    const connection = await openWithJob();
    const last = head('PROPFIND', '/v1/jobs/job-1', 'Connection: close');
    connection.send(head('TRACE', '/v1/jobs/job-1') + last);
    const answer = await connection.closed;
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 405', 'HTTP/1.1 405']);
    expect(answer.toLowerCase().match(/allow: .*/g)).toHaveLength(2);
  });
});
