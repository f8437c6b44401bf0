import { parseExact } from '../text/exact-json.ts';
import { OfflineError, ProblemError } from './call-error.ts';
import { refuse, token } from './session.ts';

export interface Answer {
  readonly status: number;
  /** Empty for 204 and 304. */
  readonly text: string;
  /** As the header has it, with its quotes. */
  readonly etag: string | null;
}

export interface CallOptions {
  readonly method?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Answered by 304 where the resource still has this tag. */
  readonly etag?: string | null;
  readonly signal?: AbortSignal;
}

/** An answer that takes longer has been lost on the way. */
const TIMEOUT_MS = 30_000;

/** The address of a path of the service. The page may lie below a path of a proxy. */
export function addressOf(path: string): string {
  return new URL(path.replace(/^\//, ''), document.baseURI).href;
}

/**
 * Calls the service. Rejects with a `ProblemError` for every answer from 400 on, with an `OfflineError` where none came,
 * and with the reason of `signal` where that was aborted.
 */
export async function call(path: string, options: CallOptions = {}): Promise<Answer> {
  const { method = 'GET', body, etag, signal } = options;
  const usedToken = token.value;
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (usedToken !== null) headers['Authorization'] = `Bearer ${usedToken}`;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (etag !== undefined && etag !== null) headers['If-None-Match'] = etag;
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const response = await fetch(addressOf(path), {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // The tags of the page are its own: what a cache of the browser keeps is not asked.
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    const text = await response.text();
    if (response.status >= 400) throw problemIn(response.status, text, usedToken);
    return { status: response.status, text, etag: response.headers.get('ETag') };
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    signal?.throwIfAborted();
    const reason = timeout.aborted
      ? `No answer within ${TIMEOUT_MS / 1000} s`
      : 'The service cannot be reached';
    throw new OfflineError(reason, { cause: error });
  }
}

/** As `call`, with the answer parsed. The caller says what it expects of its own service. */
export async function callFor<T>(path: string, options: CallOptions = {}): Promise<T> {
  const { text } = await call(path, options);
  return parseExact(text) as T;
}

function problemIn(status: number, text: string, usedToken: string | null): ProblemError {
  const problem = new ProblemError(status, membersOf(text));
  if (status === 401) refuse(usedToken, { code: problem.code, detail: problem.message });
  return problem;
}

/** Empty for a text that is no JSON object: a proxy on the way may answer in HTML. */
function membersOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
