import { type Answer, isJsonType, type Sender, StaleConnectionError } from './sender.ts';

/*
 * Node's own HTTP client takes a third of the processor time of its `fetch`. It is found at run time and described
 * here, so that other runtimes and bundlers meet neither the module nor its types.
 */

/** The part of `node:http` and `node:https` that is used. */
export interface NodeHttp {
  readonly Agent: new (options: {
    readonly keepAlive: boolean;
    readonly timeout: number;
  }) => NodeAgent;
  readonly globalAgent: NodeAgent;
  request(options: NodeRequestOptions, onAnswer: (answer: NodeAnswer) => void): NodeRequest;
}

interface NodeAgent {
  readonly options: { readonly proxyEnv?: unknown };
}

interface NodeRequestOptions {
  readonly host: string;
  readonly port: string;
  readonly path: string;
  readonly method: string;
  readonly agent: NodeAgent;
  /** Names and values in turn, sent as they are. */
  readonly headers: readonly string[];
}

interface NodeRequest {
  /** Whether the connection was used before. */
  readonly reusedSocket: boolean;
  on(event: 'error', listener: (error: Error) => void): unknown;
  end(text: string | undefined): unknown;
  destroy(): unknown;
}

interface NodeAnswer {
  readonly statusCode?: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  destroy(): unknown;
}

/** An unused connection is closed after this, before most servers and networks forget it. */
const IDLE_MS = 4000;

/**
 * The sender of Node to a service at this URL. Null on another runtime, and where Node is set to use a proxy, which
 * its `fetch` knows.
 */
export function createNodeSender(base: string): Sender | null {
  const url = new URL(base);
  const { protocol } = url;
  if (protocol !== 'http:' && protocol !== 'https:') return null;
  const http = nodeModule(globalThis, protocol === 'http:' ? 'node:http' : 'node:https');
  if (http === null || http.globalAgent.options.proxyEnv !== undefined) return null;
  return createHttpSender({ url, http });
}

/** Sends by this module. */
export function createHttpSender({
  url,
  http,
}: {
  readonly url: URL;
  readonly http: NodeHttp;
}): Sender {
  const { hostname, port, pathname } = url;
  const prefix = pathname.replace(/\/+$/, '');
  const host = hostname.replace(/^\[|\]$/g, '');
  const agent = new http.Agent({ keepAlive: true, timeout: IDLE_MS });

  return ({ method, path, headers, text }) => {
    const given = ['Host', url.host, 'User-Agent', 'dalsegno', ...headers.flat()];
    if (text !== undefined) given.push('Content-Length', String(lengthOf(text)));
    else if (method === 'POST' || method === 'PUT') given.push('Content-Length', '0');
    const { promise: received, resolve, reject } = Promise.withResolvers<Answer>();
    const options = { host, port, path: `${prefix}${path}`, method, agent, headers: given };
    let hasAnswer = false;
    const request = http.request(options, answer => {
      hasAnswer = true;
      read(answer).then(resolve, reject);
    });
    request.on('error', error => {
      const isStale = request.reusedSocket && !hasAnswer;
      reject(isStale ? new StaleConnectionError(error.message, { cause: error }) : error);
    });
    request.end(text);
    return { received, cancel: () => request.destroy() };
  };
}

function read(answer: NodeAnswer): Promise<Answer> {
  const { statusCode: status = 0, headers } = answer;
  const header = (name: string): string | null => {
    const value = headers[name];
    return value === undefined ? null : String(value);
  };
  return new Promise((resolve, reject) => {
    answer.on('error', reject);
    if (!isJsonType(header('content-type'))) {
      answer.destroy();
      resolve({ status, header, text: '' });
      return;
    }
    const chunks: Uint8Array[] = [];
    answer.on('data', chunk => void chunks.push(chunk));
    answer.on('end', () => resolve({ status, header, text: textOf(chunks) }));
  });
}

const decoder = new TextDecoder();

function textOf(chunks: readonly Uint8Array[]): string {
  const [only] = chunks;
  if (only === undefined) return '';
  if (chunks.length === 1) return decoder.decode(only);
  const all = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return decoder.decode(all);
}

const encoder = new TextEncoder();

/** In bytes. */
function lengthOf(text: string): number {
  return encoder.encode(text).length;
}

/** A module of Node; null on another runtime, even one that has the modules of Node. */
function nodeModule(scope: object, name: string): NodeHttp | null {
  const { navigator, process } = scope as RuntimeScope;
  if (navigator?.userAgent?.startsWith('Node.js') !== true) return null;
  return process?.getBuiltinModule?.(name) ?? null;
}

interface RuntimeScope {
  readonly navigator?: { readonly userAgent?: string };
  readonly process?: { getBuiltinModule?(name: string): NodeHttp | undefined };
}
