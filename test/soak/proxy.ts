import {
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Random } from '../../lib/base/random.ts';

/** What a proxy does to a call. All but `delayed` cost the client the answer; half of them after the service has acted. */
export const MISHAPS = [
  'dropped before the service',
  'dropped after the service',
  '502 before the service',
  '502 after the service',
  'cut short',
  'delayed',
] as const;
export type Mishap = (typeof MISHAPS)[number];

export interface Proxy {
  readonly url: string;
  readonly calls: () => number;
  readonly mishaps: () => Readonly<Record<string, number>>;
  close(): Promise<void>;
}

const LONGEST_DELAY_MS = 3000;
const BAD_GATEWAY = '<html><head><title>502 Bad Gateway</title></head><body>502</body></html>';

/** A proxy before a service on a loopback port, which does something to a share of all calls. */
export async function startProxy({
  targetPort,
  share,
  random,
}: {
  targetPort: number;
  share: number;
  random: Pick<Random, 'fraction'>;
}): Promise<Proxy> {
  let calls = 0;
  const mishaps = new Map<string, number>();

  function drawn(): Mishap | null {
    if (random.fraction() >= share) return null;
    return MISHAPS[Math.floor(random.fraction() * MISHAPS.length)] ?? null;
  }

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    calls += 1;
    const mishap = drawn();
    if (mishap !== null) mishaps.set(mishap, (mishaps.get(mishap) ?? 0) + 1);
    const body = await bodyOf(incoming);
    if (mishap === 'dropped before the service') return void outgoing.destroy();
    if (mishap === '502 before the service') return badGateway(outgoing);
    if (mishap === 'delayed') await pause(random.fraction() * LONGEST_DELAY_MS);
    const answer = await forward(incoming, body, targetPort);
    if (answer === null) return badGateway(outgoing);
    if (mishap === 'dropped after the service') return void outgoing.destroy();
    if (mishap === '502 after the service') return badGateway(outgoing);
    outgoing.writeHead(answer.status, answer.headers);
    if (mishap !== 'cut short') return void outgoing.end(answer.body);
    outgoing.write(answer.body.subarray(0, Math.floor(answer.body.byteLength / 2)), () =>
      outgoing.destroy(),
    );
  }

  const server = createServer((incoming, outgoing) => {
    handle(incoming, outgoing).catch(() => outgoing.destroy());
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    calls: () => calls,
    mishaps: () => Object.fromEntries(mishaps),
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Forwarded {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** Null where the service does not answer. */
function forward(
  { method, url, headers }: IncomingMessage,
  body: Buffer,
  port: number,
): Promise<Forwarded | null> {
  return new Promise(resolve => {
    const lengthened = { ...headers, 'content-length': String(body.byteLength) };
    delete lengthened['transfer-encoding'];
    const sent = request(
      { host: '127.0.0.1', port, method, path: url, headers: lengthened, agent: false },
      response => {
        bodyOf(response).then(
          read =>
            resolve({ status: response.statusCode ?? 502, headers: response.headers, body: read }),
          () => resolve(null),
        );
      },
    );
    sent.on('error', () => resolve(null));
    sent.end(body);
  });
}

async function bodyOf(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function badGateway(outgoing: ServerResponse): void {
  outgoing.writeHead(502, { 'Content-Type': 'text/html' }).end(BAD_GATEWAY);
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}

function pause(milliseconds: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, milliseconds));
}
