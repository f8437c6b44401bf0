import type * as z from 'zod';
import { type Moment, momentOf } from './deadline.ts';
import { DalsegnoError, NoAnswerError, Problem } from './problem.ts';
import type { Timing } from './timing.ts';

/** What sends a request: `fetch`, or the `fetch` of an application in the same process. */
export type Fetch = (request: Request) => Promise<Response>;

export interface Ask {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** From `/v1` on, its parts percent-encoded. */
  readonly path: string;
  /** Proves that the caller holds the job. */
  readonly leaseToken?: string | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
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

  return async (ask, { schema, timeoutMs }) => {
    const name = `${ask.method} ${ask.path}`;
    const overdue = new AbortController();
    const { signal } = overdue;
    // Made outside of what is tried: a header that cannot be sent is a mistake, not a lost answer.
    const request = new Request(`${base}${ask.path}`, { ...initOf(ask, token), signal });
    const sent = momentOf(timing);
    const cancel = timing.after(timeoutMs, () => overdue.abort());
    const { response, text } = await received(fetch, request, name).finally(cancel);
    if (!response.ok) throw problemOf(response, { name, text });
    const read = schema.safeParse(text === '' ? null : parseJson(text));
    if (read.success) return { body: read.data, sent };
    const detail = 'the answer cannot be understood';
    throw new DalsegnoError(
      name,
      { status: response.status, code: 'unexpected_answer', detail },
      { cause: read.error },
    );
  };
}

async function received(fetch: Fetch, request: Request, name: string) {
  try {
    const response = await fetch(request);
    return { response, text: await response.text() };
  } catch (error) {
    const reason = request.signal.aborted ? 'the time was up' : reasonOf(error);
    throw new NoAnswerError(name, reason, { cause: error });
  }
}

function initOf({ method, leaseToken, body }: Ask, token: string | undefined): RequestInit {
  const headers = new Headers({ Accept: 'application/json' });
  if (token !== undefined) headers.set('Authorization', `Bearer ${token}`);
  if (leaseToken !== undefined) headers.set('Lease-Token', leaseToken);
  if (body === undefined) return { method, headers };
  headers.set('Content-Type', 'application/json');
  return { method, headers, body: JSON.stringify(body) };
}

function problemOf(
  { status, headers }: Response,
  { name, text }: { readonly name: string; readonly text: string },
): DalsegnoError {
  const retryAfterSeconds = secondsOf(headers.get('Retry-After'));
  const problem = Problem.safeParse(parseJson(text));
  if (!problem.success) {
    const detail = 'the answer is no problem of the service';
    return new DalsegnoError(name, {
      status,
      code: 'unexpected_answer',
      detail,
      retryAfterSeconds,
    });
  }
  const { code, detail } = problem.data;
  return new DalsegnoError(name, {
    status,
    code,
    detail,
    problem: problem.data,
    retryAfterSeconds,
  });
}

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

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, cause } = error;
  return cause instanceof Error ? `${message} (${cause.message})` : message;
}
