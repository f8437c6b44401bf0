import type * as z from 'zod';
import { type Moment, momentOf } from './deadline.ts';
import { DalsegnoError, NoAnswerError, Problem, reasonOf } from './problem.ts';
import type { Timing } from './timing.ts';

/** What sends a request: `fetch`, or the `fetch` of an application in the same process. */
export type Fetch = (request: Request) => Promise<Response>;

export interface Ask {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** From `/v1` on, its parts percent-encoded. */
  readonly path: string;
  /** Proves that the caller holds the job. */
  readonly leaseToken?: string | undefined;
  /** By which the service knows a repeat of the same call. */
  readonly key?: RepeatKey | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
}

export interface RepeatKey {
  readonly value: string;
  /** From 1: a higher one tells that an earlier try got no answer. */
  readonly attempt: number;
}

/** The body of a success as its schema gives it, and when it was asked for. */
export interface Answered<T> {
  readonly body: T;
  readonly sent: Moment;
}

/** One request, one answer. Rejects with a `DalsegnoError` or a `NoAnswerError`. */
export type Exchange = <T>(
  ask: Ask,
  options: { readonly schema: z.ZodType<T>; readonly timeoutMs: number },
) => Promise<Answered<T>>;

interface ExchangeOptions {
  readonly url: string;
  readonly token: string | undefined;
  readonly fetch: Fetch;
  readonly timing: Timing;
}

export function createExchange({ url, token, fetch, timing }: ExchangeOptions): Exchange {
  if (!URL.canParse(url)) throw new TypeError(`Cannot talk to ${JSON.stringify(url)}: no URL`);
  const base = url.replace(/\/+$/, '');

  async function receive(request: Request, { name, timeoutMs, overdue }: Try): Promise<Received> {
    let cancel = (): void => {};
    // A fetch that does not heed its signal is not waited for either.
    const timeIsUp = new Promise<never>((_resolve, reject) => {
      cancel = timing.after(timeoutMs, () => {
        reject(new NoAnswerError(name, 'the time was up'));
        overdue.abort();
      });
    });
    try {
      return await Promise.race([receivedBy(fetch, request), timeIsUp]);
    } catch (error) {
      if (error instanceof NoAnswerError) throw error;
      throw new NoAnswerError(name, reasonOf(error), { cause: error });
    } finally {
      cancel();
    }
  }

  return async (ask, { schema, timeoutMs }) => {
    const name = `${ask.method} ${ask.path}`;
    const overdue = new AbortController();
    const { signal } = overdue;
    // Made outside of what is tried: a header that cannot be sent is a mistake, not a lost answer.
    const request = new Request(`${base}${ask.path}`, { ...initOf(ask, token), signal });
    const sent = momentOf(timing);
    const received = await receive(request, { name, timeoutMs, overdue });
    const { response, text } = received;
    if (!response.ok) throw problemOf(name, received);
    // Only an answer without a body says nothing: null is what others may say.
    const body = response.status === 204 ? null : (parseJson(text) ?? undefined);
    const read = schema.safeParse(body);
    if (read.success) return { body: read.data, sent };
    throw unexpected(name, received, { cause: read.error });
  };
}

interface Try {
  readonly name: string;
  readonly timeoutMs: number;
  readonly overdue: AbortController;
}

interface Received {
  readonly response: Response;
  readonly text: string;
}

async function receivedBy(fetch: Fetch, request: Request): Promise<Received> {
  const response = await fetch(request);
  return { response, text: await textOf(response) };
}

/** The service answers JSON: a page of anything else may be of any length, and is not read. */
async function textOf(response: Response): Promise<string> {
  const type = response.headers.get('Content-Type') ?? 'application/json';
  if (/^[^;]*\bjson\b/i.test(type)) return response.text();
  await response.body?.cancel();
  return '';
}

function initOf({ method, leaseToken, key, body }: Ask, token: string | undefined): RequestInit {
  const headers = new Headers({ Accept: 'application/json' });
  if (token !== undefined) headers.set('Authorization', `Bearer ${token}`);
  if (leaseToken !== undefined) headers.set('Lease-Token', leaseToken);
  if (key !== undefined) headers.set('Idempotency-Key', key.value);
  if (key !== undefined && key.attempt > 1) {
    headers.set('Idempotency-Attempt', String(key.attempt));
  }
  // The service redirects nobody: what does would be given the tokens, and a POST becomes a GET there.
  const init: RequestInit = { method, headers, redirect: 'manual' };
  if (body === undefined) return init;
  headers.set('Content-Type', 'application/json');
  return { ...init, body: JSON.stringify(body) };
}

/** What the service says is wrong; `unexpected_answer` where it is not the service that says it. */
function problemOf(name: string, received: Received): DalsegnoError {
  const { status, headers } = received.response;
  const problem = Problem.safeParse(parseJson(received.text));
  if (!problem.success || problem.data.status !== status) return unexpected(name, received);
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

function unexpected(
  name: string,
  { response: { status, headers } }: Received,
  options?: ErrorOptions,
): DalsegnoError {
  const location = headers.get('Location');
  const type = headers.get('Content-Type') ?? 'of no type';
  const what =
    location === null ? type : `a redirect to ${location.slice(0, MAX_SHOWN_CHARACTERS)}`;
  const detail = `the answer is none of the service (${what})`;
  const retryAfterSeconds = secondsOf(headers.get('Retry-After'));
  const answer = { status, code: 'unexpected_answer', detail, retryAfterSeconds };
  return new DalsegnoError(name, answer, options);
}

const MAX_SHOWN_CHARACTERS = 200;

/** The service tells seconds; a date, as others on the way may tell, would need this machine's clock. */
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

/** Where the service keeps a job: its id may hold any character. */
export function jobPath(jobId: string, rest = ''): string {
  return `/v1/jobs/${encodeURIComponent(jobId)}${rest}`;
}
