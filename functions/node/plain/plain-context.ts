import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpContext, Services } from '../../http/env.ts';
import { createContext } from '../../plain/request-context.ts';
import { createInputTurn } from './input-turn.ts';

/**
 * A request of Node that has one head in all readings, and a path without anything to decode. It has no body, or one
 * with a length.
 */
export interface PlainRequest {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly method: string;
  readonly host: string;
  readonly path: string;
}

/** No route without a body looks whether its client has gone away. */
const WITHOUT_BODY: HttpContext['req']['raw'] = {
  body: null,
  signal: new AbortController().signal,
};

/** A plain request as the rules take it. */
export function createPlainContext(env: Services, request: PlainRequest): HttpContext {
  const { incoming, method, host, path } = request;
  const { headers } = incoming;
  return createContext(env, {
    method,
    path,
    // No getters: to make an object with them takes longer than the rest of this function.
    url: `http://${host}${path}`,
    raw: headers['content-length'] === undefined ? WITHOUT_BODY : rawOf(request),
    header(name) {
      const value = headers[name.toLowerCase()];
      return typeof value === 'string' ? value : undefined;
    },
    query: () => undefined,
    queries: () => undefined,
    arrayBuffer: () => readWhole(incoming),
    takeWhole: () => takeWhole(incoming),
  });
}

function rawOf({ incoming, outgoing }: PlainRequest): HttpContext['req']['raw'] {
  let signal: AbortSignal | null = null;
  return {
    get body() {
      return streamOf(incoming);
    },
    get signal() {
      signal ??= signalOf(outgoing);
      return signal;
    },
  };
}

function signalOf(outgoing: ServerResponse): AbortSignal {
  const controller = new AbortController();
  if (outgoing.closed) controller.abort();
  else {
    outgoing.once('close', () => {
      // Of a request that is answered nobody asks any more, and to abort makes an error with a stack.
      if (!outgoing.writableFinished) controller.abort();
    });
  }
  return controller.signal;
}

function streamOf(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        controller.enqueue(new Uint8Array(await readWhole(incoming)));
        controller.close();
      },
    },
    // Some ask only whether there is a stream, and then take the body as a whole.
    { highWaterMark: 0 },
  );
}

const inputTurn = createInputTurn();

/** The body of a request, if it came with the head: without the events of a stream. */
async function takeWhole(incoming: IncomingMessage): Promise<Uint8Array<ArrayBuffer> | null> {
  await inputTurn();
  if (!incoming.complete || incoming.destroyed) return null;
  const bytes: unknown = incoming.read();
  if (bytes === null) return new Uint8Array();
  return bytes instanceof Uint8Array ? new Uint8Array(bytes) : null;
}

/** The body of a request. Rejects when the connection ends before it. */
function readWhole(incoming: IncomingMessage): Promise<ArrayBuffer> {
  const { promise, resolve, reject } = Promise.withResolvers<ArrayBuffer>();
  if (incoming.destroyed) {
    reject(new Error(EARLY_END));
    return promise;
  }
  const chunks: Buffer[] = [];
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
  incoming.once('end', () => resolve(joined(chunks)));
  incoming.once('error', reject);
  incoming.once('close', () => {
    // To make an error takes long.
    if (!incoming.readableEnded) reject(new Error(EARLY_END));
  });
  return promise;
}

const EARLY_END = 'The connection ended before the body';

/** The bytes in a buffer of their own: small chunks share one. Most bodies are one chunk. */
function joined(chunks: readonly Buffer[]): ArrayBuffer {
  const [first] = chunks;
  const bytes = first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks);
  return new Uint8Array(bytes).buffer;
}
