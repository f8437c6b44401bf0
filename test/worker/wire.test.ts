import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createFetch } from '../../functions/app.ts';
import { systemClock } from '../../lib/base/clock.ts';
import { systemRandom } from '../../lib/base/random.ts';
import { createRepository } from '../../lib/service/service.ts';
import { createProcessMemory } from '../../lib/storage/process-memory.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import {
  createClient,
  type Fetch,
  runWorker,
  type WorkerEvent,
  type WorkerOptions,
} from '../../lib/worker.ts';

/** No pause between two tries: nothing here waits for time to pass. */
const AT_ONCE = { fraction: () => 0 };
const NEW_JOB = { job_id: 'job-1', job_name: 'A job', total_sheets: 2 };

function openService(): Fetch {
  const repository = createRepository({
    store: createMemoryStore(),
    clock: systemClock,
    random: systemRandom,
    memory: createProcessMemory({ cacheBytes: 1 << 20 }),
  });
  return createFetch({
    ...repository,
    bodyLimitBytes: 1 << 20,
    access: null,
    doctorKeys: 1001,
  });
}

/** Listens on any free port, or on this one; where it listens. */
async function listen(server: Server, port = 0): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** What a proxy does with the answer of the service. */
type Misdeed = (answer: Response, text: string, response: ServerResponse) => void;

const misdeeds: readonly [string, Misdeed][] = [
  ['resets the connection', (_answer, _text, { socket }) => socket?.resetAndDestroy()],
  ['closes the connection', (_answer, _text, { socket }) => socket?.destroy()],
  [
    'answers what is no HTTP',
    (_answer, _text, { socket }) => socket?.end('220 mail.example ESMTP\r\n\r\n'),
  ],
  [
    'breaks off within the answer',
    ({ status }, text, response) => {
      const headers = { 'Content-Type': 'application/json', 'Content-Length': text.length + 1 };
      response.writeHead(status, headers);
      response.write(text.slice(0, text.length / 2), () => response.socket?.destroy());
    },
  ],
  [
    'ends its chunks too early, and calls it an end',
    ({ status }, text, response) => {
      response.writeHead(status === 204 ? 502 : status, { 'Content-Type': 'application/json' });
      response.end(text.slice(0, text.length / 2));
    },
  ],
  [
    'redirects to a page',
    (_answer, _text, response) => {
      response.writeHead(302, { Location: '/login' });
      response.end();
    },
  ],
  [
    'sends a page and never ends it',
    (_answer, _text, response) => {
      response.writeHead(200, { 'Content-Type': 'text/html' });
      response.write('<p>One moment');
    },
  ],
];

interface Proxy {
  readonly port: number;
  /** What it was asked for that is not of the service. */
  readonly strayPaths: readonly string[];
}

/** Does its misdeed to every other request, once the service has done its work. */
async function openProxy(service: Fetch, misdeed: Misdeed): Promise<Proxy> {
  const strayPaths: string[] = [];
  let requests = 0;
  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '' } = request;
    if (!url.startsWith('/v1/')) strayPaths.push(url);
    const body: Uint8Array[] = [];
    for await (const chunk of request) body.push(chunk as Uint8Array);
    const answer = await service(
      new Request(`http://localhost${url}`, {
        method,
        headers: Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
        ...(body.length === 0 ? {} : { body: Buffer.concat(body) }),
      }),
    );
    const text = await answer.text();
    requests += 1;
    if (requests % 2 === 1) {
      misdeed(answer, text, response);
      return;
    }
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(text);
  }
  const server = createServer((request, response) => void pass(request, response));
  const port = await listen(server);
  onTestFinished(() => server.closeAllConnections());
  return { port, strayPaths };
}

/** Runs a worker on this port until such an event; all its events. */
async function runUntil(
  last: WorkerEvent['type'],
  port: number,
  {
    onSheet,
    onEvent = () => undefined,
  }: Pick<WorkerOptions, 'onSheet'> & { readonly onEvent?: (event: WorkerEvent) => void },
): Promise<readonly WorkerEvent[]> {
  const enough = new AbortController();
  const events: WorkerEvent[] = [];
  await runWorker({
    url: `http://127.0.0.1:${port}`,
    holder: 'w-1',
    random: AT_ONCE,
    signal: enough.signal,
    handleSignals: false,
    // A proxy that spoils every other answer would take turns with the calls of the stream.
    presence: false,
    onSheet,
    onEvent(event) {
      events.push(event);
      onEvent(event);
      if (event.type === last) enough.abort();
    },
  });
  return events;
}

describe('over a network', () => {
  it.each(misdeeds)('a proxy that %s costs no sheet a second run', async (_, misdeed) => {
    const service = openService();
    const { port, strayPaths } = await openProxy(service, misdeed);
    const client = createClient({ url: 'http://localhost', fetch: service });
    await client.create(NEW_JOB);
    const played: number[] = [];
    await runUntil('finished', port, {
      onSheet({ sheet }) {
        played.push(sheet);
      },
    });
    expect(played).toEqual([1, 2]);
    expect(strayPaths).toEqual([]);
    expect(await client.load('job-1')).toMatchObject({
      status: 'completed',
      sheets: { '1': { attempt_count: 1 }, '2': { attempt_count: 1 } },
    });
  });

  it('a service that restarts within a sheet finds its worker at the same sheet', async () => {
    const service = openService();
    const first = createAdaptorServer({ fetch: service }) as Server;
    const port = await listen(first);
    const client = createClient({ url: 'http://localhost', fetch: service });
    await client.create(NEW_JOB);
    const second = createAdaptorServer({ fetch: service }) as Server;
    const events = await runUntil('finished', port, {
      async onSheet({ sheet }) {
        if (sheet > 1) return;
        const closed = once(first, 'close');
        first.close();
        first.closeAllConnections();
        await closed;
      },
      onEvent(event) {
        if (event.type === 'unreachable') void listen(second, port);
      },
    });
    const types = events.map(({ type }) => type);
    expect(types).toEqual([
      'claimed',
      'sheet-started',
      'unreachable',
      'reachable',
      'sheet-completed',
      'sheet-started',
      'sheet-completed',
      'finished',
      'stopping',
      'stopped',
    ]);
    second.closeAllConnections();
  });

  it('a port where nobody listens is told of', async () => {
    const closed = createServer();
    const port = await listen(closed);
    closed.close();
    const events = await runUntil('unreachable', port, { onSheet: () => undefined });
    const told = events.flatMap(event =>
      event.type === 'unreachable' ? [`${event.url}: ${String(event.error)}`] : [],
    );
    expect(told).toEqual([expect.stringMatching(`http://127.0.0.1:${port}: .*ECONNREFUSED`)]);
  });
});
