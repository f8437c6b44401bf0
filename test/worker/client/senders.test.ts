import { once } from 'node:events';
import {
  createServer,
  globalAgent,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createFetchSender } from '../../../lib/worker/client/fetch-sender.ts';
import { createNodeSender } from '../../../lib/worker/client/node-sender.ts';
import { reasonOf } from '../../../lib/worker/client/problem.ts';
import {
  type Outgoing,
  type Sender,
  StaleConnectionError,
} from '../../../lib/worker/client/sender.ts';
import { createOutageWatch } from '../../../lib/worker/outage.ts';
import { createClient, NoAnswerError, type WorkerEvent } from '../../../lib/worker.ts';
import { aJob } from '../bodies.ts';
import { manualTiming, turns } from '../manual-timing.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

interface TestServer {
  readonly url: string;
  readonly requests: readonly IncomingMessage[];
  readonly sockets: readonly Socket[];
}

async function openServer(answer: Answer): Promise<TestServer> {
  const requests: IncomingMessage[] = [];
  const sockets: Socket[] = [];
  const server: Server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  server.on('connection', socket => sockets.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}/base`, requests, sockets };
}

/** The sender of a Node process. */
function nodeSender(base: string): Sender {
  const sender = createNodeSender(base);
  if (sender === null) throw new Error('The sender of Node is missing on Node');
  return sender;
}

function fetchSender(base: string): Sender {
  return createFetchSender({ base, fetch: request => fetch(request) });
}

const senders: readonly [string, (base: string) => Sender][] = [
  ['node:http', nodeSender],
  ['fetch', fetchSender],
];

const GET: Outgoing = { method: 'GET', path: '/v1/jobs/a%2Fb', headers: [], text: undefined };

function json(text: string): Answer {
  return (_request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(text);
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
  return text;
}

describe.each(senders)('a sender by %s', (_name, createSender) => {
  it('sends the path below that of the service, the headers and the body', async () => {
    const bodies: Promise<string>[] = [];
    const server = await openServer((request, response) => {
      bodies.push(bodyOf(request));
      json('{}')(request, response);
    });
    const send = createSender(server.url);
    const text = JSON.stringify({ stdout: 'fünf \u{1f4c4}' });
    const headers = [
      ['Lease-Token', 't-1'],
      ['Content-Type', 'application/json'],
    ] as const;
    await send({ method: 'PUT', path: '/v1/jobs/a%2Fb/sheets/1', headers, text }).received;
    expect(server.requests[0]).toMatchObject({
      method: 'PUT',
      url: '/base/v1/jobs/a%2Fb/sheets/1',
    });
    expect(server.requests[0]?.headers).toMatchObject({
      'lease-token': 't-1',
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(text)),
    });
    expect(await bodies[0]).toBe(text);
  });

  it('sends a POST without a body as one of length 0', async () => {
    const server = await openServer(json('{}'));
    await createSender(server.url)({ ...GET, method: 'POST', path: '/v1/sweep' }).received;
    expect(server.requests[0]?.headers).toMatchObject({ 'content-length': '0' });
  });

  it('receives status, headers and text', async () => {
    const server = await openServer((_request, response) => {
      response.writeHead(503, { 'Content-Type': 'application/problem+json', 'Retry-After': '7' });
      response.end('{"code":"overloaded"}');
    });
    const received = await createSender(server.url)(GET).received;
    expect(received).toMatchObject({ status: 503, text: '{"code":"overloaded"}' });
    expect([received.header('retry-after'), received.header('location')]).toEqual(['7', null]);
  });

  it('receives an answer without a body', async () => {
    const server = await openServer((_request, response) => {
      response.writeHead(204);
      response.end();
    });
    expect(await createSender(server.url)(GET).received).toMatchObject({ status: 204, text: '' });
  });

  it('receives a large body whose characters are cut by its pieces', async () => {
    const text = JSON.stringify('ä\u{1f4c4}€'.repeat(300_000));
    const server = await openServer((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' });
      const bytes = Buffer.from(text);
      const end = bytes.length - 5001;
      for (let at = 0; at < end; at += 50_001)
        response.write(bytes.subarray(at, Math.min(end, at + 50_001)));
      response.end(bytes.subarray(end));
    });
    const received = await createSender(server.url)(GET).received;
    expect(received.text === text).toBe(true);
  });

  it('does not read a page that is not JSON', async () => {
    const server = await openServer((_request, response) => {
      response.writeHead(502, { 'Content-Type': 'text/html' });
      response.write('<p>One moment');
    });
    const received = await createSender(server.url)(GET).received;
    expect(received).toMatchObject({ status: 502, text: '' });
  });

  it('does not follow a redirect', async () => {
    const server = await openServer((_request, response) => {
      response.writeHead(307, { Location: '/elsewhere' });
      response.end();
    });
    const received = await createSender(server.url)(GET).received;
    expect([received.status, received.header('location')]).toEqual([307, '/elsewhere']);
    expect(server.requests).toHaveLength(1);
  });

  it('rejects when the connection breaks before the answer', async () => {
    const server = await openServer((_request, { socket }) => socket?.resetAndDestroy());
    const error = await createSender(server.url)(GET).received.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(StaleConnectionError);
  });

  it('rejects when the connection breaks within the answer', async () => {
    const server = await openServer((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 100 });
      response.write('{"a":', () => response.socket?.destroy());
    });
    await expect(createSender(server.url)(GET).received).rejects.toThrow(Error);
  });

  it('rejects where nobody listens, with the reason of the system', async () => {
    const closed = createServer();
    closed.listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as { port: number };
    closed.close();
    await once(closed, 'close');
    const { received } = createSender(`http://127.0.0.1:${port}`)(GET);
    const error = await received.catch((thrown: unknown) => thrown);
    expect(reasonOf(error)).toContain('ECONNREFUSED');
  });

  it('closes the connection of a request that is given up', async () => {
    const arrived = Promise.withResolvers<IncomingMessage>();
    const server = await openServer(request => arrived.resolve(request));
    const sending = createSender(server.url)(GET);
    const request = await arrived.promise;
    const closed = once(request.socket, 'close');
    sending.cancel();
    await expect(sending.received).rejects.toBeInstanceOf(Error);
    await closed;
  });

  it('throws at once for a header that cannot be sent', () => {
    const send = createSender('http://127.0.0.1:1');
    expect(() => send({ ...GET, headers: [['Lease-Token', 'line\nbreak']] })).toThrow(TypeError);
  });
});

describe('the sender of Node', () => {
  it.each(['Deno/2.9.5', 'Cloudflare-Workers', undefined])('is left out on %s', userAgent => {
    vi.stubGlobal('navigator', userAgent === undefined ? undefined : { userAgent });
    onTestFinished(() => void vi.unstubAllGlobals());
    expect(createNodeSender('http://service.test')).toBeNull();
  });

  it('is left out where Node is to use a proxy', () => {
    const { options } = globalAgent as unknown as { options: { proxyEnv?: unknown } };
    options.proxyEnv = { HTTP_PROXY: 'http://proxy.test' };
    onTestFinished(() => void delete options.proxyEnv);
    expect(createNodeSender('http://service.test')).toBeNull();
  });

  it('is left out for a protocol that Node does not have', () => {
    expect(createNodeSender('ftp://service.test')).toBeNull();
  });

  it('keeps its connection for the next request', async () => {
    const server = await openServer(json('{}'));
    const send = nodeSender(server.url);
    for (let call = 0; call < 3; call += 1) await send(GET).received;
    expect([server.requests.length, server.sockets.length]).toEqual([3, 1]);
  });

  it('says which connection was broken by a server that had closed it', async () => {
    const server = await openServer((request, response) => {
      if (server.requests.length === 2) request.socket.destroy();
      else json('{}')(request, response);
    });
    const send = nodeSender(server.url);
    await send(GET).received;
    await expect(send(GET).received).rejects.toThrow(StaleConnectionError);
    expect(await send(GET).received).toMatchObject({ status: 200 });
  });

  it('calls a connection that breaks within its answer no stale one', async () => {
    const server = await openServer((request, response) => {
      if (server.requests.length === 1) {
        json('{}')(request, response);
        return;
      }
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 100 });
      response.write('{"a":', () => response.socket?.destroy());
    });
    const send = nodeSender(server.url);
    await send(GET).received;
    const error = await send(GET).received.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(StaleConnectionError);
  });
});

describe('a client whose idle connection was closed', () => {
  it('tries again at once on another one, and counts the try', async () => {
    const keys: unknown[] = [];
    const server = await openServer((request, response) => {
      keys.push([request.headers['idempotency-key'], request.headers['idempotency-attempt']]);
      if (server.requests.length === 2) request.socket.destroy();
      else json(JSON.stringify(aJob()))(request, response);
    });
    // No timer ends here: a pause would never be over.
    const timing = manualTiming({ settle: turns });
    const client = createClient({ url: server.url, timing });
    await client.load('job-1');
    const job = { job_id: 'job-1', job_name: 'A job', total_sheets: 3 };
    expect(await client.create(job, { idempotencyKey: 'mine' })).toMatchObject({ job_id: 'job-1' });
    expect(keys.slice(1)).toEqual([
      ['mine', undefined],
      ['mine', '2'],
    ]);
  });

  it('throws where the call may not be done twice', async () => {
    const server = await openServer((request, response) => {
      if (server.requests.length === 2) request.socket.destroy();
      else json(JSON.stringify(aJob()))(request, response);
    });
    const client = createClient({ url: server.url });
    await client.load('job-1');
    const update = client.update({ jobId: 'job-1', sheet: 1 }, { status: 'completed' });
    await expect(update).rejects.toMatchObject({ name: 'NoAnswerError', isStale: true });
    expect(server.requests).toHaveLength(2);
  });
});

it('an idle connection that was closed is no outage', () => {
  const events: WorkerEvent[] = [];
  const timing = manualTiming({ settle: turns });
  const onTry = createOutageWatch({
    url: 'http://service.test',
    timing,
    emit: event => events.push(event),
  });
  for (let count = 0; count < 3; count += 1) {
    onTry(new NoAnswerError('GET /v1/jobs', 'socket hang up', { isStale: true }));
  }
  expect(events).toEqual([]);
});
