import type { Fetch } from '../../lib/worker.ts';

/** A request as the service got it. */
export interface Received {
  readonly call: string;
  readonly body: unknown;
  readonly headers: Headers;
}

/** What becomes of a request. */
export type Reply = (request: Request) => Promise<Response>;

export interface ScriptedService {
  readonly fetch: Fetch;
  readonly received: readonly Received[];
  /** The calls, as `PUT /v1/jobs/job-1/lease`. */
  readonly calls: readonly string[];
}

/** Answers one request after the other as it is told to, and refuses more. */
export function scriptedService(...replies: readonly Reply[]): ScriptedService {
  const waiting = [...replies];
  const received: Received[] = [];
  return {
    received,
    get calls() {
      return received.map(({ call }) => call);
    },
    async fetch(request) {
      const { method, url, headers } = request;
      const text = await request.clone().text();
      const body: unknown = text === '' ? null : JSON.parse(text);
      received.push({ call: `${method} ${new URL(url).pathname}`, body, headers });
      const reply = waiting.shift();
      if (reply === undefined) throw new Error(`No answer is scripted for ${method} ${url}`);
      return reply(request);
    },
  };
}

export function json(status: number, body: unknown, headers: HeadersInit = {}): Reply {
  return () => Promise.resolve(Response.json(body, { status, headers }));
}

export function noContent(): Reply {
  return () => Promise.resolve(new Response(null, { status: 204 }));
}

export function problem(status: number, code: string, headers: Record<string, string> = {}): Reply {
  const type = `urn:dalsegno:problem:${code}`;
  const body = { type, title: 'A title', status, code, detail: `It is ${code}` };
  return json(status, body, { 'Content-Type': 'application/problem+json', ...headers });
}

/** The connection breaks: as far as the client knows, anything may have happened. */
export function lost(): Reply {
  return () => Promise.reject(new TypeError('fetch failed'));
}

/** Never answers. */
export function silence(): Reply {
  return request =>
    new Promise((_resolve, reject) => {
      request.signal.addEventListener('abort', () => reject(request.signal.reason), { once: true });
    });
}
