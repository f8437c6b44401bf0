import { createHash } from 'node:crypto';
import type { Fetch } from '../../../lib/stores/s3/send.ts';

/** In what servers differ. Left out: as AWS documents it. */
export interface Dialect {
  /** Conditions of writes are not looked at. */
  readonly ignoresConditions?: boolean;
  /** `If-Match` of puts is not looked at. */
  readonly ignoresEtags?: boolean;
  /** Of so many conditions that do not hold, the last one is not looked at. */
  readonly overlooksEvery?: number;
  /** Comes between the look at the conditions of a write and the write. */
  readonly beforeWrite?: () => Promise<void>;
  /** `If-Match` of a deletion: it is looked at, ignored or refused. */
  readonly conditionalDelete?: 'yes' | 'ignored' | 'refused';
  readonly etagOf?: (bytes: Uint8Array) => string;
  /** Conditions want etags without quotes; or none is understood with them, and none is looked at without. */
  readonly conditionsOf?: 'bare etags' | 'no etags';
  /** Lists give etags without quotes. */
  readonly listsBareEtags?: boolean;
  readonly listsEncodedKeys?: boolean;
  /** As directory buckets of AWS. */
  readonly listsInNoOrder?: boolean;
  readonly pageSize?: number;
}

export interface FakeRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

export interface FakeS3 {
  /** Answers a request that a store sends. */
  readonly fetch: Fetch;
  readonly answer: (request: FakeRequest) => Promise<Response>;
  /** The requests so far, such as `PUT jobs/a.json` and `GET ?list`. */
  readonly requests: string[];
  /** By the key in the bucket. */
  readonly objects: Map<string, FakeObject>;
}

export interface FakeObject {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly etag: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export const FAKE_ADDRESS = {
  endpoint: 'http://s3.test',
  region: 'us-east-1',
  bucket: 'states',
  pathStyle: true,
};

const PAGE = 1_000;

/** A bucket in memory with the interface of S3, which looks at no signatures. */
export function createFakeS3(dialect: Dialect = {}): FakeS3 {
  const { etagOf = md5, pageSize = PAGE, conditionalDelete = 'ignored' } = dialect;
  const objects = new Map<string, FakeObject>();
  const requests: string[] = [];
  let refusals = 0;
  // Sorted when it is needed; null where a key has come or gone since.
  let ascending: readonly string[] | null = null;

  /** The answer to a condition that does not hold. */
  function refusal(key: string, headers: Headers): Response | null {
    const stored = objects.get(key);
    if (headers.has('If-None-Match') && stored !== undefined)
      return failure(412, 'PreconditionFailed');
    const expected = headers.get('If-Match');
    if (expected === null) return null;
    const isBare = !expected.includes('"');
    if (dialect.conditionsOf === 'no etags') {
      return isBare ? null : failure(412, 'PreconditionFailed');
    }
    if (stored === undefined) return failure(404, 'NoSuchKey');
    const etag =
      dialect.conditionsOf === 'bare etags' ? stored.etag.replaceAll('"', '') : stored.etag;
    return etag === expected ? null : failure(412, 'PreconditionFailed');
  }

  function isOverlooked(headers: Headers): boolean {
    if (dialect.ignoresEtags === true && headers.has('If-Match')) return true;
    refusals += 1;
    return dialect.ignoresConditions === true || refusals % (dialect.overlooksEvery ?? 1e9) === 0;
  }

  async function put(key: string, { headers, body }: FakeRequest): Promise<Response> {
    const refused = refusal(key, headers);
    if (refused !== null && !isOverlooked(headers)) return refused;
    await dialect.beforeWrite?.();
    const metadata = Object.fromEntries(
      [...headers].filter(([name]) => name.startsWith('x-amz-meta-')),
    );
    if (!objects.has(key)) ascending = null;
    const etag = etagOf(body);
    objects.set(key, { body: new Uint8Array(body), etag, metadata });
    return new Response(null, { headers: { ETag: etag } });
  }

  function read(key: string, method: string): Response {
    const stored = objects.get(key);
    if (stored === undefined) return failure(404, 'NoSuchKey', method);
    return new Response(method === 'HEAD' ? null : stored.body, {
      headers: {
        'Content-Length': String(stored.body.byteLength),
        ETag: stored.etag,
        ...stored.metadata,
      },
    });
  }

  function remove(key: string, headers: Headers): Response {
    const isConditional = headers.has('If-Match');
    if (isConditional && conditionalDelete === 'refused') return failure(501, 'NotImplemented');
    const refused = isConditional && conditionalDelete === 'yes' ? refusal(key, headers) : null;
    if (refused !== null) return refused;
    if (objects.delete(key)) ascending = null;
    return new Response(null, { status: 204 });
  }

  function list(query: URLSearchParams): Response {
    const prefix = query.get('prefix') ?? '';
    const token = query.get('continuation-token');
    const after = token === null ? (query.get('start-after') ?? '') : (token.split('@')[1] ?? '');
    ascending ??= [...objects.keys()].toSorted(compareBytes);
    const found: string[] = [];
    for (let at = placeBehind(ascending, after, prefix); found.length <= pageSize; at += 1) {
      const key = ascending[at];
      if (key === undefined || !key.startsWith(prefix)) break;
      found.push(key);
    }
    const keys = found.slice(0, pageSize);
    const isTruncated = found.length > keys.length;
    const last = isTruncated ? xml('NextContinuationToken', `token@${keys.at(-1)}`) : '';
    const shownKeys = dialect.listsInNoOrder === true ? keys.toReversed() : keys;
    const entries = shownKeys.map(key => {
      const etag = objects.get(key)?.etag ?? '';
      const shown = dialect.listsEncodedKeys === true ? urlEncoded(key) : key;
      const listed = dialect.listsBareEtags === true ? etag.replaceAll('"', '') : etag;
      return `<Contents>${xml('Key', shown)}${xml('ETag', listed)}${xml('Size', '1')}</Contents>`;
    });
    const encoding = dialect.listsEncodedKeys === true ? xml('EncodingType', 'url') : '';
    return document(
      `<?xml version="1.0"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${xml('IsTruncated', String(isTruncated))}${encoding}${last}${entries.join('')}</ListBucketResult>`,
    );
  }

  async function answer(request: FakeRequest): Promise<Response> {
    const { method, headers } = request;
    const url = new URL(request.url);
    const [, bucket, ...path] = url.pathname.split('/').map(decodeURIComponent);
    const key = path.join('/');
    requests.push(`${method} ${key === '' ? `?list ${url.searchParams.get('prefix')}` : key}`);
    if (bucket !== FAKE_ADDRESS.bucket) return failure(404, 'NoSuchBucket', method);
    if (key === '') return list(url.searchParams);
    switch (method) {
      case 'PUT':
        return put(key, request);
      case 'DELETE':
        return remove(key, headers);
      default:
        return read(key, method);
    }
  }

  return {
    answer,
    fetch: (url, { method, headers, body }) =>
      answer({ method, url, headers, body: body ?? new Uint8Array() }),
    requests,
    objects,
  };
}

/** An answer to a GET with its length, as servers send it. */
export function document(text: string): Response {
  return new Response(text, { headers: { 'Content-Length': String(Buffer.byteLength(text)) } });
}

/** An error as S3 answers it. */
export function failure(status: number, code: string, method = 'GET', headers = {}): Response {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>Told by the test</Message></Error>`;
  return new Response(method === 'HEAD' ? null : body, { status, headers });
}

function md5(bytes: Uint8Array): string {
  return `"${createHash('md5').update(bytes).digest('hex')}"`;
}

function xml(name: string, text: string): string {
  const escaped = text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
  return `<${name}>${escaped}</${name}>`;
}

/** AWS writes a space as a plus. */
function urlEncoded(key: string): string {
  return encodeURIComponent(key).replaceAll('%20', '+');
}

/** The first place behind the key, or at the prefix. */
function placeBehind(ascending: readonly string[], after: string, prefix: string): number {
  const bound = after > prefix ? after : prefix;
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareBytes(ascending[middle] ?? '', bound) < 0) low = middle + 1;
    else high = middle;
  }
  return ascending[low] === after && after !== '' ? low + 1 : low;
}

function compareBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}
