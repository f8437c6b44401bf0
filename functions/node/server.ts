import { createServer, IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import { getRequestListener } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';

/** How much is taken, and thrown away, of a body that an answer did not wait for. */
export interface DrainLimits {
  readonly bytes: number;
  readonly totalMs: number;
  /** For how long nothing may come. */
  readonly idleMs: number;
}

const LIMITS: DrainLimits = { bytes: 64 * 1024 * 1024, totalMs: 20_000, idleMs: 2_000 };

/** The rest of a body of so few bytes is worth the connection, which then serves further requests. */
const SMALL_BYTES = 64 * 1024;

/**
 * The application as a server, not listening yet. A refusal does not wait for the body, and many clients
 * send all of that before they look for an answer. A connection closed with bytes unread is reset, and the
 * answer lost: so what still comes is read, within limits, before the connection is closed. A client that
 * asks beforehand (`Expect: 100-continue`) is told to go on once the body is read, and otherwise never.
 */
export function createNodeServer(
  fetch: (
    request: Request,
    outgoing: ServerResponse | Http2ServerResponse,
  ) => Response | Promise<Response>,
  { hostname, limits = LIMITS }: { hostname: string; limits?: DrainLimits },
): Server {
  const listener = getRequestListener(
    async (request, { incoming, outgoing }) => {
      const answer = await fetch(request, outgoing);
      const known = incoming instanceof IncomingMessage && outgoing instanceof ServerResponse;
      if (!known || incoming.complete || incoming.destroyed) return answer;
      // A list may be larger than memory. A body says nothing there, and Node reads past it.
      if (incoming.method === 'GET' && answer.ok) return answer;
      await answerAndDrain(answer, { incoming, outgoing, limits });
      return RESPONSE_ALREADY_SENT;
    },
    { hostname },
  );
  const server = createServer((incoming, outgoing) => void listener(incoming, outgoing));
  server.on('checkContinue', (incoming: IncomingMessage, outgoing: ServerResponse) => {
    // A stream begins to flow when it is read.
    incoming.once('resume', () => {
      if (!outgoing.headersSent) outgoing.writeContinue();
    });
    server.emit('request', incoming, outgoing);
  });
  return server;
}

/** Sends the whole answer, and ends it when the request is read to its end or there is too much of it. */
async function answerAndDrain(
  answer: Response,
  {
    incoming,
    outgoing,
    limits,
  }: { incoming: IncomingMessage; outgoing: ServerResponse; limits: DrainLimits },
): Promise<void> {
  const headers: Record<string, string | number> = Object.fromEntries(answer.headers);
  if (!isSmall(incoming)) headers['connection'] = 'close';
  if (answer.body === null) {
    outgoing.writeHead(answer.status, headers).flushHeaders();
  } else {
    const body = new Uint8Array(await answer.arrayBuffer());
    // By its length a client knows that it has all of the answer before the answer is ended.
    headers['content-length'] = body.byteLength;
    outgoing.writeHead(answer.status, headers).write(body);
  }
  await drain(incoming, limits);
  if (!incoming.complete) outgoing.once('finish', () => incoming.destroy());
  outgoing.end();
}

/** Whether little of the body can be left, and it is sure to come. */
function isSmall({ headers }: IncomingMessage): boolean {
  const declared = headers['content-length'];
  return headers.expect === undefined && declared !== undefined && Number(declared) <= SMALL_BYTES;
}

/** Settles when the body has ended, or broken off, or reached a limit. */
async function drain(
  incoming: IncomingMessage,
  { bytes, totalMs, idleMs }: DrainLimits,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const total = setTimeout(resolve, totalMs);
  const idle = setTimeout(resolve, idleMs);
  let taken = 0;
  // A reader that gave up at its own limit would keep what comes, and stop the flow.
  incoming.removeAllListeners('data');
  incoming.on('data', (chunk: Uint8Array) => {
    taken += chunk.byteLength;
    idle.refresh();
    if (taken > bytes) resolve();
  });
  for (const event of ['end', 'error', 'close']) incoming.once(event, () => resolve());
  incoming.resume();
  await promise;
  clearTimeout(total);
  clearTimeout(idle);
}
