import { AwsV4Signer } from 'aws4fetch';
import type { Bytes } from '../../store.ts';
import { type BucketAddress, urlOf } from './address.ts';
import { errorOf, S3Error } from './s3-error.ts';

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** The credentials to use now. After `rejected` a source that can looks for others. */
export type CredentialSource = (rejected: S3Credentials | null) => Promise<S3Credentials>;

/** The part of `fetch` that the store uses. */
export type Fetch = (
  url: string,
  init: {
    method: string;
    headers: Headers;
    body: Uint8Array<ArrayBuffer> | null;
    redirect: 'manual';
    signal: AbortSignal;
  },
) => Promise<Response>;

export interface SendOptions {
  readonly address: BucketAddress;
  readonly credentials: CredentialSource;
  readonly fetch: Fetch;
  /** In milliseconds since 1970. */
  readonly now: () => number;
  /** How long a try may take, in milliseconds, besides the time for its bytes. */
  readonly timeoutMs: number;
}

export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE';
  /** Null for the bucket itself. */
  readonly key: string | null;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

export interface S3Response {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Bytes;
}

/** Makes one try. Rejects with an `S3Error` where there is no answer, or one that says nothing about the request. */
export type Send = (request: S3Request) => Promise<S3Response>;

/** A clock that is this much off is corrected by that of the server. Servers accept 15 minutes. */
const SKEW_MS = 4 * 60_000;
/** The slowest connection that is waited for. */
const BYTES_A_MS = 250;
/** A key for each day, and for each pair of credentials. */
const MOST_SIGNING_KEYS = 4;
const REJECTED = new Set([
  'ExpiredToken',
  'InvalidToken',
  'TokenRefreshRequired',
  'InvalidAccessKeyId',
  // The secret may have been changed.
  'SignatureDoesNotMatch',
]);

export function createSend(options: SendOptions): Send {
  const { address, credentials, now } = options;
  const signingKeys = new Map<string, ArrayBuffer>();
  /** What the clock of the server is ahead of this one. */
  let aheadMs = 0;

  async function sendAt(
    request: S3Request,
    { accessKeyId, secretAccessKey, sessionToken }: S3Credentials,
    signedAtMs: number,
  ): Promise<S3Response> {
    if (signingKeys.size >= MOST_SIGNING_KEYS) signingKeys.clear();
    const body = request.body === undefined ? null : new Uint8Array(request.body);
    const signed = await new AwsV4Signer({
      method: request.method,
      url: urlOf(address, request.key, request.query),
      headers: {
        ...request.headers,
        // The server compares it with what arrives.
        'X-Amz-Content-Sha256': body === null ? EMPTY_SHA256 : await sha256(body),
      },
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === undefined ? {} : { sessionToken }),
      service: 's3',
      region: address.region,
      cache: signingKeys,
      datetime: new Date(signedAtMs).toISOString().replaceAll(/[:-]|\.\d{3}/g, ''),
    }).sign();
    // Not signed, as proxies change it. A compressed answer would have another etag.
    signed.headers.set('Accept-Encoding', 'identity');
    return exchange(options, { request, url: signed.url.href, headers: signed.headers, body });
  }

  return async request => {
    let used = await credentials(null);
    let hasCorrected = false;
    let hasRenewed = false;
    for (;;) {
      const signedAtMs = now() + aheadMs;
      const response = await sendAt(request, used, signedAtMs);
      if (response.status !== 403 && response.status !== 400) return response;
      // Nothing was done, so the request may be repeated.
      const serverMs = Date.parse(response.headers.get('Date') ?? '');
      if (!hasCorrected && Math.abs(serverMs - signedAtMs) > SKEW_MS) {
        hasCorrected = true;
        aheadMs = serverMs - now();
        continue;
      }
      const others = !hasRenewed && isRejection(response) ? await credentials(used) : used;
      if (isSame(others, used)) return response;
      hasRenewed = true;
      used = others;
    }
  };
}

/** The answer to a HEAD does not say why it was refused. */
function isRejection(response: S3Response): boolean {
  if (response.body.byteLength === 0) return true;
  return REJECTED.has(errorIn(response).code ?? '');
}

function isSame(left: S3Credentials, right: S3Credentials): boolean {
  return (
    left.accessKeyId === right.accessKeyId &&
    left.secretAccessKey === right.secretAccessKey &&
    left.sessionToken === right.sessionToken
  );
}

/** The error that an answer is. */
export function errorIn({ status, headers, body }: S3Response): S3Error {
  return errorOf({ status, headers, body: new TextDecoder().decode(body) });
}

async function exchange(
  { fetch, timeoutMs }: SendOptions,
  {
    request,
    url,
    headers,
    body,
  }: {
    readonly request: S3Request;
    readonly url: string;
    readonly headers: Headers;
    readonly body: Uint8Array<ArrayBuffer> | null;
  },
): Promise<S3Response> {
  const abort = new AbortController();
  const limitMs = timeoutMs + (body?.byteLength ?? 0) / BYTES_A_MS;
  const timer = setTimeout(() => abort.abort(), limitMs);
  try {
    const response = await fetch(url, {
      method: request.method,
      headers,
      body,
      redirect: 'manual',
      signal: abort.signal,
    });
    if (isEndless(request, response)) {
      throw new Error('the answer does not say where it ends: it may break off unnoticed');
    }
    const length = Number(response.headers.get('Content-Length') ?? '0');
    // A large body may take longer than the rest.
    const longer = setTimeout(() => abort.abort(), limitMs + length / BYTES_A_MS);
    clearTimeout(timer);
    try {
      const bytes = new Uint8Array(await response.arrayBuffer());
      return { status: response.status, headers: response.headers, body: bytes };
    } finally {
      clearTimeout(longer);
    }
  } catch (error) {
    const reason = abort.signal.aborted
      ? `no answer within ${Math.ceil(limitMs / 1000)} s`
      : reasonOf(error);
    // The connection of an answer that is not read to its end would stay open.
    abort.abort();
    throw new S3Error(reason, { fault: 'unclear', cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/**
 * `fetch` finds out that a body is too short, if its length is known or it comes in chunks. XML shows by itself that it is whole, and over
 * HTTP/2, which Deno speaks where it can, most of it has no length.
 */
function isEndless({ method, key }: S3Request, { status, headers }: Response): boolean {
  return (
    method === 'GET' &&
    key !== null &&
    status === 200 &&
    !headers.has('Content-Length') &&
    !headers.has('Transfer-Encoding')
  );
}

/** `fetch` has the reason in the cause of its error. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error && cause.message !== ''
    ? `${error.message}: ${cause.message}`
    : error.message;
}

/** The digest of no bytes. */
const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

async function sha256(body: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', body));
  return Array.from(digest, byte => byte.toString(16).padStart(2, '0')).join('');
}
