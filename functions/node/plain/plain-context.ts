import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpContext, Notes, Services } from '../../http/env.ts';

/** A request of Node that has one head in all readings, a path without anything to decode, and no body. */
export interface PlainRequest {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly method: string;
  readonly host: string;
  readonly path: string;
}

/** A plain request as the rules take it. */
export function createPlainContext(env: Services, request: PlainRequest): HttpContext {
  const { incoming, outgoing, method, host, path } = request;
  const { headers } = incoming;
  const notes: Notes = {
    requestId: '',
    jobId: undefined,
    route: undefined,
    access: undefined,
    crossOrigin: undefined,
    ticket: undefined,
    waitedMs: undefined,
    code: undefined,
    isRoutine: undefined,
  };
  return {
    env,
    req: {
      method,
      path,
      get url() {
        return `http://${host}${path}`;
      },
      raw: {
        body: null,
        get signal() {
          return signalOf(outgoing);
        },
      },
      header(name) {
        const value = headers[name.toLowerCase()];
        return typeof value === 'string' ? value : undefined;
      },
      query: () => undefined,
      queries: () => undefined,
      arrayBuffer: () => Promise.resolve(new ArrayBuffer()),
    },
    get: name => notes[name],
    set(name, value) {
      notes[name] = value;
    },
  };
}

function signalOf(outgoing: ServerResponse): AbortSignal {
  const controller = new AbortController();
  if (outgoing.closed) controller.abort();
  else outgoing.once('close', () => controller.abort());
  return controller.signal;
}
