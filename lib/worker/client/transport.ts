import type * as z from 'zod';
import { type Moment, momentOf } from './deadline.ts';
import { DalsegnoError, NoAnswerError, Problem, reasonOf } from './problem.ts';
import type { Timing } from './timing.ts';

/** Sends a request: the global `fetch`, or the `fetch` of an application in the same process. */
export type Fetch = (request: Request) => Promise<Response>;

/** One call of the API. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Starts with `/v1`. Its parts are percent-encoded. */
  readonly path: string;
  /** Proves that the caller holds the lease. */
  readonly leaseToken?: string | undefined;
  /** The service recognizes a repeated call by it. */
  readonly key?: RepeatKey | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
}

export interface RepeatKey {
  readonly value: string;
  /** From 1. A higher number says that an earlier try got no answer. */
  readonly attempt: number;
}

/** The parsed body of an answer, when the request was sent, and when the answer was there. */
export interface Answered<T> {
  readonly body: T;
  readonly sent: Moment;
  readonly received: Moment;
}

/** Sends one request. Rejects with a `DalsegnoError` or a `NoAnswerError`. */
export type Exchange = <T>(
  ask: ApiRequest,
  options: {
    readonly schema: z.ZodType<T>;
    readonly timeoutMs: number;
    /** Gives the answer up when aborted. */
    readonly cutOff?: AbortSignal | undefined;
  },
) => Promise<Answered<T>>;

interface ExchangeOptions {
  readonly url: string;
  readonly token: string | undefined;
  readonly fetch: Fetch;
  readonly timing: Timing;
}

export function createExchange({ url, token, fetch, timing }: ExchangeOptions): Exchange {
  if (!URL.canParse(url)) throw new TypeError(`Cannot use ${JSON.stringify(url)}: it is not a URL`);
  const base = url.replace(/\/+$/, '');

  async function receive(
    request: Request,
    { name, timeoutMs, overdue, cutOff }: Try,
  ): Promise<Received> {
    let cancel = (): void => {};
    // The timeout must also work with a fetch that ignores its signal.
    const timeout = new Promise<never>((_resolve, reject) => {
      function giveUp(reason: string): void {
        reject(new NoAnswerError(name, reason));
        overdue.abort();
      }
      const onAbort = (): void => giveUp('it was aborted');
      const cancelTimer = timing.after(timeoutMs, () => giveUp('it timed out'));
      cutOff?.addEventListener('abort', onAbort, { once: true });
      cancel = () => {
        cancelTimer();
        cutOff?.removeEventListener('abort', onAbort);
      };
    });
    try {
      return await Promise.race([send(fetch, request), timeout]);
    } catch (error) {
      if (error instanceof NoAnswerError) throw error;
      throw new NoAnswerError(name, reasonOf(error), { cause: error });
    } finally {
      cancel();
    }
  }

  return async (ask, { schema, timeoutMs, cutOff }) => {
    const name = `${ask.method} ${ask.path}`;
    const overdue = new AbortController();
    const { signal } = overdue;
    // Built outside the try: an invalid header is a mistake of the caller, not a lost answer.
    const request = new Request(`${base}${ask.path}`, { ...initOf(ask, token), signal });
    const sent = momentOf(timing);
    const received = await receive(request, { name, timeoutMs, overdue, cutOff });
    const { response, text } = received;
    if (!response.ok) throw errorOf(name, received);
    // Only a 204 counts as null. A body of `null` is not an answer of the service.
    const body = response.status === 204 ? null : (parseJson(text) ?? undefined);
    const read = schema.safeParse(body);
    if (read.success) return { body: read.data, sent, received: momentOf(timing) };
    throw unexpectedAnswer(name, received, { cause: read.error });
  };
}

interface Try {
  readonly name: string;
  readonly timeoutMs: number;
  readonly overdue: AbortController;
  readonly cutOff: AbortSignal | undefined;
}

export interface Received {
  readonly response: Response;
  readonly text: string;
}

async function send(fetch: Fetch, request: Request): Promise<Received> {
  const response = await fetch(request);
  return { response, text: await textOf(response) };
}

/** The service answers JSON. A page of another type may be of any length, and is not read. */
async function textOf(response: Response): Promise<string> {
  const type = response.headers.get('Content-Type') ?? 'application/json';
  if (/^[^;]*\bjson\b/i.test(type)) return response.text();
  await response.body?.cancel();
  return '';
}

/** The parts of a request that the service expects of each call. */
export function initOf(
  { method, leaseToken, key, body }: ApiRequest,
  token: string | undefined,
): RequestInit {
  const headers = new Headers({ Accept: 'application/json' });
  if (token !== undefined) headers.set('Authorization', `Bearer ${token}`);
  if (leaseToken !== undefined) headers.set('Lease-Token', leaseToken);
  if (key !== undefined) headers.set('Idempotency-Key', key.value);
  if (key !== undefined && key.attempt > 1) {
    headers.set('Idempotency-Attempt', String(key.attempt));
  }
  // The service never redirects. Following a redirect would send the tokens elsewhere, and turn a POST into a GET.
  const init: RequestInit = { method, headers, redirect: 'manual' };
  if (body === undefined) return init;
  headers.set('Content-Type', 'application/json');
  return { ...init, body: JSON.stringify(body) };
}

/** The error for an error answer; its code is `unexpected_answer` if the answer is not from the service. */
export function errorOf(name: string, received: Received): DalsegnoError {
  const { status, headers } = received.response;
  const problem = Problem.safeParse(parseJson(received.text));
  if (!problem.success || problem.data.status !== status) return unexpectedAnswer(name, received);
  const { code, detail } = problem.data;
  const retryAfterSeconds = secondsOf(headers.get('Retry-After'));
  return new DalsegnoError(name, {
    status,
    code,
    detail,
    problem: problem.data,
    retryAfterSeconds,
  });
}

function unexpectedAnswer(
  name: string,
  { response: { status, headers } }: Received,
  options?: ErrorOptions,
): DalsegnoError {
  const location = headers.get('Location');
  const type = headers.get('Content-Type') ?? 'of no type';
  const what =
    location === null ? type : `a redirect to ${location.slice(0, MAX_SHOWN_CHARACTERS)}`;
  const detail = `the answer is not from the service (${what})`;
  const retryAfterSeconds = secondsOf(headers.get('Retry-After'));
  const answer = { status, code: 'unexpected_answer', detail, retryAfterSeconds };
  return new DalsegnoError(name, answer, options);
}

const MAX_SHOWN_CHARACTERS = 200;

/** The service sends seconds. A date, as a proxy may send, would depend on this machine's clock. */
function secondsOf(header: string | null): number | null {
  return header !== null && /^[0-9]{1,9}$/.test(header) ? Number(header) : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The path of a job. The id is percent-encoded, because it may have any character. */
export function jobPath(jobId: string, rest = ''): string {
  return `/v1/jobs/${encodeURIComponent(jobId)}${rest}`;
}
