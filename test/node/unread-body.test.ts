import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { DrainLimits } from '../../functions/node/drain.ts';
import { createNodeServer } from '../../functions/node/server.ts';
import { tokensOf } from '../support/tokens.ts';
import { head, openConnection, type RawConnection } from './raw-connection.ts';
import { launchForFile, startService } from './service.ts';

const BYTES = 30_000_000;
const TYPE = 'Content-Type: application/json';
const LENGTH = `Content-Length: ${BYTES}`;
const CHUNKED = 'Transfer-Encoding: chunked';

const service = await launchForFile({ environment: { MAX_BODY_BYTES: '1000000' } });

/** What a client gets that sends all of a request before it looks for an answer, and then closes. */
async function sendAllThenRead(port: number, request: readonly (string | Buffer)[]) {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let broken = '';
  socket.on('error', error => {
    broken = error.message;
  });
  await once(socket, 'connect');
  const { promise: sent, resolve } = Promise.withResolvers<void>();
  socket.once('close', () => resolve());
  socket.write(Buffer.concat(request.map(part => Buffer.from(part))), () => resolve());
  await sent;
  let answer = '';
  socket.on('data', chunk => {
    answer += chunk.toString('latin1');
  });
  if (!socket.destroyed) await once(socket, 'close');
  return { answer, broken };
}

const inChunks = (bytes: number) => [`${bytes.toString(16)}\r\n`, Buffer.alloc(bytes, ' '), '\r\n'];

describe('a client that sends 30 MB before it looks', () => {
  it.each([
    [413, 'body_too_large', head('POST', '/v1/jobs', TYPE, LENGTH)],
    [415, 'unsupported_media_type', head('POST', '/v1/jobs', 'Content-Type: text/plain', LENGTH)],
    [428, 'precondition_required', head('PUT', '/v1/jobs/job-1', TYPE, LENGTH)],
    [422, 'invalid', head('PUT', '/v1/jobs/job-1?x=1', TYPE, LENGTH)],
    [405, 'method_not_allowed', head('PATCH', '/v1/jobs/job-1', TYPE, LENGTH)],
    [404, 'not_found', head('POST', '/v1/nothing', TYPE, LENGTH)],
    [403, 'forbidden', head('POST', '/v1/jobs', TYPE, LENGTH, 'Origin: https://evil.example')],
    // As Python's urllib asks.
    [413, 'body_too_large', head('POST', '/v1/jobs', TYPE, LENGTH, 'Connection: close')],
  ])('gets its %i %s', async (status, code, request) => {
    const { port } = service;
    const { answer, broken } = await sendAllThenRead(port, [request, Buffer.alloc(BYTES, ' ')]);
    expect(broken).toBe('');
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [^]*"code":"${code}"`));
    expect(answer).toMatch(/^connection: close\r$/im);
  });

  it('gets its 401', async () => {
    const { setting } = await tokensOf({ work: 'work' });
    const { port } = await startService({ environment: { ACCESS_TOKENS: setting } });
    const request = head('POST', '/v1/jobs', TYPE, LENGTH);
    const { answer } = await sendAllThenRead(port, [request, Buffer.alloc(BYTES, ' ')]);
    expect(answer).toMatch(/^HTTP\/1\.1 401 [^]*"code":"unauthorized"/);
  });

  it('gets its 413 also where it does not say how much it sends', async () => {
    const { port } = service;
    const chunks = Array.from({ length: 30 }, () => inChunks(1_000_000)).flat();
    const request = [head('POST', '/v1/jobs', TYPE, CHUNKED), ...chunks, '0\r\n\r\n'];
    const { answer } = await sendAllThenRead(port, request);
    expect(answer).toMatch(/^HTTP\/1\.1 413 [^]*"code":"body_too_large"/);
  });

  it('gets its 413 by fetch', async () => {
    const { url } = service;
    const headers = { 'Content-Type': 'application/json' };
    const body = Buffer.alloc(BYTES, ' ');
    const answer = await fetch(`${url}/v1/jobs`, { method: 'POST', headers, body });
    expect(await answer.json()).toMatchObject({ code: 'body_too_large' });
  });
});

describe('a client that asks whether it may send', () => {
  const ASKS = 'Expect: 100-continue';

  it.each([
    [413, head('POST', '/v1/jobs', TYPE, LENGTH, ASKS)],
    [415, head('POST', '/v1/jobs', 'Content-Type: text/plain', LENGTH, ASKS)],
    [428, head('PUT', '/v1/jobs/job-1', TYPE, 'Content-Length: 2', ASKS)],
    [405, head('PATCH', '/v1/jobs/job-1', TYPE, CHUNKED, ASKS)],
  ])('gets its %i at once, and no 100 before it', async (status, request) => {
    const { port } = service;
    const connection = await openConnection(port);
    connection.send(request);
    // It sends nothing: who closes is the service.
    const answer = await connection.closed;
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual([`HTTP/1.1 ${status}`]);
    expect(answer).toMatch(/^connection: close\r$/im);
  });

  it('is told to go on where the body is wanted', async () => {
    const { port } = service;
    const body = '{"status": "in_progress"}';
    const connection = await openConnection(port);
    const declared = `Content-Length: ${body.length}`;
    for (const [size, sent] of [
      [declared, body],
      [CHUNKED, `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`],
    ] as const) {
      const before = (await connection.received('')).length;
      connection.send(head('PUT', '/v1/jobs/job-1/sheets/1', TYPE, size, ASKS));
      await connection.received('HTTP/1.1 100 Continue\r\n\r\n', before);
      connection.send(sent);
      const answer = await connection.received('job_not_found', before);
      expect(answer.slice(before)).toMatch(/^HTTP\/1\.1 100 [^]*HTTP\/1\.1 404 /);
    }
  });
});

describe('a connection whose body is not wanted', () => {
  it('serves the next request where the rest of the body is small', async () => {
    const { port } = service;
    const connection = await openConnection(port);
    connection.send(head('PUT', '/v1/jobs/job-1', TYPE, 'Content-Length: 24'));
    await connection.received('precondition_required');
    connection.send('{"status":"in_progress"}');
    connection.send(head('GET', '/healthz', 'Connection: close'));
    const statuses = (await connection.closed).match(/HTTP\/1\.1 \d+/g);
    expect(statuses).toEqual(['HTTP/1.1 428', 'HTTP/1.1 200']);
  });

  const PATIENT: DrainLimits = { bytes: 2 ** 40, totalMs: 600_000, idleMs: 600_000 };

  /** A server that refuses all, and a client whose chunked body it does not want. */
  async function refused(
    limits: DrainLimits,
    closed: (isWhole: boolean) => void = () => {},
  ): Promise<RawConnection> {
    const refuse: Parameters<typeof createNodeServer>[0] = (_request, outgoing) => {
      outgoing.once('close', () => closed(outgoing.req.complete));
      return new Response('no', { status: 403 });
    };
    const server = createNodeServer(refuse, { hostname: '127.0.0.1', limits });
    onTestFinished(() => void server.close());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const connection = await openConnection(
      typeof address === 'object' && address !== null ? address.port : 0,
    );
    connection.send(head('POST', '/', CHUNKED));
    return connection;
  }

  it('is closed when too much has come', async () => {
    const connection = await refused({ ...PATIENT, bytes: 100_000 });
    await connection.received('no');
    for (const part of inChunks(200_000)) connection.send(part);
    expect(await connection.closed).toMatch(/^HTTP\/1\.1 403 /);
  });

  it('is read to its end after a stall of the process, in which it came', async () => {
    const whole = Promise.withResolvers<boolean>();
    const connection = await refused({ ...PATIENT, idleMs: 50 }, whole.resolve);
    await connection.received('no');
    for (const part of inChunks(1000)) connection.send(part);
    connection.send('0\r\n\r\n');
    const stalledUntil = performance.now() + 100;
    while (performance.now() < stalledUntil);
    expect(await whole.promise).toBe(true);
  });

  it('is closed when nothing comes', async () => {
    const connection = await refused({ ...PATIENT, idleMs: 1 });
    expect(await connection.closed).toMatch(/^HTTP\/1\.1 403 /);
  });

  it('is closed when it takes too long, however much still comes', async () => {
    const connection = await refused({ ...PATIENT, totalMs: 50 });
    const drip = setInterval(() => connection.send('1\r\n \r\n'), 5);
    onTestFinished(() => clearInterval(drip));
    expect(await connection.closed).toMatch(/^HTTP\/1\.1 403 /);
  });

  it('is let go of when the client goes', async () => {
    const connection = await refused(PATIENT);
    await connection.received('no');
    connection.destroy();
    expect(await connection.closed).toMatch(/^HTTP\/1\.1 403 /);
  });
});
