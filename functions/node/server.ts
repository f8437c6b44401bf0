import { createServer, IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import { getRequestListener } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { PlainListener } from './plain/listener.ts';

/** How much of a body is read and discarded after a response that did not wait for it. */
export interface DrainLimits {
  readonly bytes: number;
  readonly totalMs: number;
  /** How long the client may send nothing. */
  readonly idleMs: number;
}

const LIMITS: DrainLimits = { bytes: 64 * 1024 * 1024, totalMs: 20_000, idleMs: 2_000 };

/** A body of at most so many bytes is read to its end, and the connection serves further requests. */
const SMALL_BYTES = 64 * 1024;

/**
 * The application as a server, not listening yet. A refusal does not wait for the body, and many clients
 * send the whole body before they read the response. A connection that is closed with unread bytes is reset,
 * and the client loses the response: so the rest of the body is read, within limits, before the connection is
 * closed. A client that asks first (`Expect: 100-continue`) gets the go-ahead when the body is read, or never.
 * `answerPlain` sees every request first.
 */
export function createNodeServer(
  fetch: (
    request: Request,
    outgoing: ServerResponse | Http2ServerResponse,
  ) => Response | Promise<Response>,
  {
    hostname,
    limits = LIMITS,
    answerPlain,
  }: { hostname: string; limits?: DrainLimits; answerPlain?: PlainListener },
): Server {
  const listener = getRequestListener(
    async (request, { incoming, outgoing }) => {
      const answer = await fetch(request, outgoing);
      const known = incoming instanceof IncomingMessage && outgoing instanceof ServerResponse;
      if (!known || incoming.complete || incoming.destroyed) return answer;
      // A list may be larger than memory. A body of a GET means nothing, and Node skips it.
      if (incoming.method === 'GET' && answer.ok) return answer;
      await answerAndDrain(answer, { incoming, outgoing, limits });
      return RESPONSE_ALREADY_SENT;
    },
    { hostname },
  );
  const server = createServer((incoming, outgoing) => {
    if (answerPlain?.(incoming, outgoing) !== true) void listener(incoming, outgoing);
  });
  server.on('checkContinue', (incoming: IncomingMessage, outgoing: ServerResponse) => {
    // The application begins to read the body.
    incoming.once('resume', () => {
      if (!outgoing.headersSent) outgoing.writeContinue();
    });
    server.emit('request', incoming, outgoing);
  });
  return server;
}

/** Sends the whole response, and ends it when the request is read to its end or reaches a limit. */
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
    // With the length a client knows that the response is complete before it ends.
    headers['content-length'] = body.byteLength;
    outgoing.writeHead(answer.status, headers).write(body);
  }
  await drain(incoming, limits);
  if (!incoming.complete) outgoing.once('finish', () => incoming.destroy());
  outgoing.end();
}

/** Whether the rest of the body is small and certain to arrive. */
function isSmall({ headers }: IncomingMessage): boolean {
  const declared = headers['content-length'];
  return headers.expect === undefined && declared !== undefined && Number(declared) <= SMALL_BYTES;
}

/** Settles when the body has ended, was aborted or reached a limit. */
async function drain(
  incoming: IncomingMessage,
  { bytes, totalMs, idleMs }: DrainLimits,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const total = setTimeout(resolve, totalMs);
  const idle = setTimeout(resolve, idleMs);
  let taken = 0;
  // A reader that stopped at its own limit would still collect chunks and pause the stream.
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
