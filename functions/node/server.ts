import { createServer, IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import { getRequestListener } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { answerAndDrain, DRAIN_LIMITS, type DrainLimits, type WholeAnswer } from './drain.ts';
import type { PlainListener } from './plain/listener.ts';

/**
 * How long an unused connection is kept: longer than a proxy keeps it, whose request would else meet its end. nginx and the load
 * balancers of AWS keep one for 60 s, Caddy for 120.
 */
const KEEP_ALIVE_MS = 130_000;

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
    limits = DRAIN_LIMITS,
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
      await answerAndDrain(await wholeAnswer(answer), { incoming, outgoing, limits });
      return RESPONSE_ALREADY_SENT;
    },
    { hostname },
  );
  const server = createServer((incoming, outgoing) => {
    if (answerPlain?.(incoming, outgoing) !== true) void listener(incoming, outgoing);
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.on('checkContinue', (incoming: IncomingMessage, outgoing: ServerResponse) => {
    // The application begins to read the body.
    incoming.once('resume', () => {
      if (!outgoing.headersSent) outgoing.writeContinue();
    });
    server.emit('request', incoming, outgoing);
  });
  return server;
}

async function wholeAnswer(answer: Response): Promise<WholeAnswer> {
  const { status, body } = answer;
  const headers = Object.fromEntries(answer.headers);
  return {
    status,
    headers,
    body: body === null ? null : new Uint8Array(await answer.arrayBuffer()),
  };
}
