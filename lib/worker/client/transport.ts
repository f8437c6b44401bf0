import type { Shape } from '../shape/shape.ts';
import { type Moment, momentOf } from './deadline.ts';
import { DalsegnoError, NoAnswerError, Problem, reasonOf } from './problem.ts';
import { type Answer, type Outgoing, type Sender, StaleConnectionError } from './sender.ts';
import type { Timing } from './timing.ts';

/** One call of the API. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** What follows the URL of the service. Its parts are percent-encoded. */
  readonly path: string;
  /** Sent with the others. */
  readonly headers?: Outgoing['headers'] | undefined;
  /** Proves that the caller holds the lease. */
  readonly leaseToken?: string | undefined;
  /** The service recognizes a repeated call by it. */
  readonly key?: RepeatKey | undefined;
  /** The sheet that the request updates. Under a lease it may be sent together with other updates. */
  readonly sheet?: number | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** JSON that is sent as it is, where there is no `body`. */
  readonly text?: string | undefined;
  /** Whether the schema gets the whole `Answer` instead of its parsed body, and a 304 is an answer too. */
  readonly isWhole?: boolean | undefined;
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
    readonly schema: Shape<T>;
    readonly timeoutMs: number;
    /** Gives the answer up when aborted. */
    readonly cutOff?: AbortSignal | undefined;
  },
) => Promise<Answered<T>>;

interface ExchangeOptions {
  readonly send: Sender;
  /** The access token. */
  readonly token: string | undefined;
  readonly timing: Timing;
}

export function createExchange({ send, token, timing }: ExchangeOptions): Exchange {
  const common = commonHeaders(token);

  async function receive(outgoing: Outgoing, { name, timeoutMs, cutOff }: Try): Promise<Answer> {
    // Outside the try: what cannot be sent is a mistake of the caller, not a lost answer.
    const sending = send(outgoing);
    let settle = (): void => {};
    // It must also end the wait for a fetch that ignores its signal.
    const givenUp = new Promise<never>((_resolve, reject) => {
      function giveUp(reason: string): void {
        reject(new NoAnswerError(name, reason));
        sending.cancel();
      }
      const onAbort = (): void => giveUp('it was aborted');
      const stopTimer = timing.after(timeoutMs, () => giveUp('it timed out'));
      cutOff?.addEventListener('abort', onAbort, { once: true });
      settle = () => {
        stopTimer();
        cutOff?.removeEventListener('abort', onAbort);
      };
    });
    try {
      return await Promise.race([sending.received, givenUp]);
    } catch (error) {
      throw error instanceof NoAnswerError ? error : noAnswer(name, error);
    } finally {
      settle();
    }
  }

  return async (ask, { schema, timeoutMs, cutOff }) => {
    const name = `${ask.method} ${ask.path}`;
    const sent = momentOf(timing);
    const answer = await receive(outgoingOf(ask, common), { name, timeoutMs, cutOff });
    const { status, text } = answer;
    const isWhole = ask.isWhole === true;
    const isFine = (status >= 200 && status <= 299) || (isWhole && status === 304);
    if (!isFine) throw errorOf(name, answer);
    // Only a 204 counts as null. A body of `null` is not an answer of the service.
    const body = () => (status === 204 ? null : (parseJson(text) ?? undefined));
    const read = schema.safeParse(isWhole ? answer : body());
    if (read.success) return { body: read.data, sent, received: momentOf(timing) };
    throw unexpectedAnswer(name, answer, { cause: read.error });
  };
}

interface Try {
  readonly name: string;
  readonly timeoutMs: number;
  readonly cutOff: AbortSignal | undefined;
}

function noAnswer(name: string, error: unknown): NoAnswerError {
  const isStale = error instanceof StaleConnectionError;
  return new NoAnswerError(name, reasonOf(error), {
    cause: isStale ? error.cause : error,
    isStale,
  });
}

type Headers = Outgoing['headers'];

const JSON_BODY = ['Content-Type', 'application/json'] as const;

/** The headers of every request. */
export function commonHeaders(token: string | undefined): Headers {
  const accept = ['Accept', 'application/json'] as const;
  return token === undefined ? [accept] : [accept, ['Authorization', `Bearer ${token}`]];
}

/** The request, with the parts that the service expects of each call. */
export function outgoingOf(
  { method, path, headers: own = [], leaseToken, key, body, text }: ApiRequest,
  common: Headers,
): Outgoing {
  const headers = [...common, ...own];
  if (leaseToken !== undefined) headers.push(['Lease-Token', leaseToken]);
  if (key !== undefined) headers.push(['Idempotency-Key', key.value]);
  if (key !== undefined && key.attempt > 1) {
    headers.push(['Idempotency-Attempt', String(key.attempt)]);
  }
  const sent = body === undefined ? text : JSON.stringify(body);
  if (sent !== undefined) headers.push(JSON_BODY);
  return { method, path, headers, text: sent };
}

/** The error for an error answer; its code is `unexpected_answer` if the answer is not from the service. */
export function errorOf(name: string, received: Answer): DalsegnoError {
  const { status } = received;
  const problem = Problem.safeParse(parseJson(received.text));
  if (!problem.success || problem.data.status !== status) return unexpectedAnswer(name, received);
  const { code, detail } = problem.data;
  const retryAfterSeconds = secondsOf(received.header('retry-after'));
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
  { status, header }: Answer,
  options?: ErrorOptions,
): DalsegnoError {
  const location = header('location');
  const type = header('content-type') ?? 'of no type';
  const what =
    location === null ? type : `a redirect to ${location.slice(0, MAX_SHOWN_CHARACTERS)}`;
  const detail = `the answer is not from the service (${what})`;
  const retryAfterSeconds = secondsOf(header('retry-after'));
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
