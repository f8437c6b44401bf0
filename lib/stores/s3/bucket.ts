import type { Bytes, Version } from '../../store.ts';
import type { ConditionalPut } from '../binding/writer.ts';
import { versionOf } from './etag.ts';
import { createEtagForm } from './etag-form.ts';
import { type ListPage, readListPage } from './list-page.ts';
import { headerOf, valueOf } from './metadata-text.ts';
import { S3Error } from './s3-error.ts';
import { errorIn, type S3Response, type Send } from './send.ts';

export interface S3Object {
  /** As a version. */
  readonly etag: string;
  readonly customMetadata: Readonly<Record<string, string>>;
}

export interface S3Body extends S3Object {
  readonly body: Bytes;
}

/** The operations on a bucket: each is one request. They reject with an `S3Error`. */
export interface S3Bucket {
  head(key: string): Promise<S3Object | null>;
  get(key: string): Promise<S3Body | null>;
  /** Null when the condition refused. */
  put(key: string, body: Uint8Array, options: ConditionalPut): Promise<S3Object | null>;
  /** Only of an object with this version, if it is not null and the server knows such a condition. False when it refused. */
  delete(key: string, version: Version | null): Promise<boolean>;
  list(options: {
    readonly prefix: string;
    readonly startAfter?: string;
    readonly token?: string;
  }): Promise<ListPage>;
}

const METADATA = 'x-amz-meta-';
const NAMES = ['label', 'write', 'over'];

/** `scratchKey` is that of an object which the bucket may write and delete, if it has to find out what the server understands. */
export function createS3Bucket(
  send: Send,
  { scratchKey }: { readonly scratchKey: string },
): S3Bucket {
  /** Servers that do not know a condition of a deletion refuse it. Those that ignore it are as good. */
  let hasConditionalDelete = true;

  const form = createEtagForm({
    async put(body, ifMatch) {
      const response = await send({
        method: 'PUT',
        key: scratchKey,
        body: new TextEncoder().encode(body),
        ...(ifMatch === null ? {} : { headers: { 'If-Match': ifMatch } }),
      });
      return isRefused(response) ? null : (storedIn(response) as Version);
    },
    async remove() {
      await send({ method: 'DELETE', key: scratchKey });
    },
  });

  async function head(key: string): Promise<S3Object | null> {
    const response = await send({ method: 'HEAD', key });
    if (response.status === 404) return null;
    if (response.status !== 200) throw errorIn(response);
    return objectIn(response);
  }

  const isStored = (key: string, version: string) => async () =>
    (await head(key))?.etag === version;

  return {
    head,

    async get(key) {
      const response = await send({ method: 'GET', key });
      if (isMissing(response)) return null;
      if (response.status !== 200) throw errorIn(response);
      return { ...objectIn(response), body: response.body };
    },

    async put(key, body, options) {
      const { onlyIf = {}, customMetadata = {} } = options;
      const { etagMatches: expected, etagDoesNotMatch } = onlyIf;
      const headers = metadataHeaders(customMetadata);
      if (etagDoesNotMatch !== undefined) headers['If-None-Match'] = etagDoesNotMatch;
      const ifMatch = expected === undefined ? '' : form.valueOf(expected as Version);
      if (expected !== undefined) headers['If-Match'] = ifMatch;
      const response = await send({ method: 'PUT', key, body, headers });
      if (isRefused(response) && (expected !== undefined || response.status === 412)) {
        const isMistaken =
          expected !== undefined && (await form.isMistaken(isStored(key, expected), ifMatch));
        return isMistaken ? this.put(key, body, options) : null;
      }
      const etag = storedIn(response);
      if (expected !== undefined) form.accept();
      return { etag, customMetadata };
    },

    async delete(key, version) {
      const isConditional = version !== null && hasConditionalDelete;
      const ifMatch = isConditional ? form.valueOf(version) : '';
      const response = await send({
        method: 'DELETE',
        key,
        ...(isConditional ? { headers: { 'If-Match': ifMatch } } : {}),
      });
      if (response.status === 412 && version !== null) {
        if (await form.isMistaken(isStored(key, version), ifMatch))
          return this.delete(key, version);
        // Some servers refuse where nothing is stored: perhaps this deletion has been done before, by a try whose answer was lost.
        return (await head(key)) === null;
      }
      if (isMissing(response)) return true;
      if (response.status === 204 || response.status === 200) {
        expectNoError(response);
        return true;
      }
      const error = errorIn(response);
      if (!isConditional || (error.status !== 501 && error.code !== 'NotImplemented')) throw error;
      hasConditionalDelete = false;
      return this.delete(key, null);
    },

    async list({ prefix, startAfter, token }) {
      const response = await send({
        method: 'GET',
        key: null,
        query: {
          'list-type': '2',
          prefix,
          ...(startAfter === undefined ? {} : { 'start-after': startAfter }),
          ...(token === undefined ? {} : { 'continuation-token': token }),
        },
      });
      if (response.status !== 200) throw errorIn(response);
      try {
        return readListPage(new TextDecoder('utf-8', { fatal: true }).decode(response.body));
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        // What breaks off may be whole at the next try.
        throw new S3Error(reason, { fault: 'unclear', status: 200, cause: error });
      }
    },
  };
}

/** A condition with an etag refused. Where there is no object that could have it, AWS says that. */
function isRefused(response: S3Response): boolean {
  return response.status === 412 || isMissing(response);
}

/** The version of what a put has stored. */
function storedIn(response: S3Response): string {
  const { status } = response;
  if (status !== 200 && status !== 204 && status !== 201) throw errorIn(response);
  expectNoError(response);
  return etagIn(response);
}

/** A gateway that has begun its answer before the server behind it ended has no other place for an error. */
function expectNoError(response: S3Response): void {
  if (response.body.byteLength === 0) return;
  const { code, message } = errorIn(response);
  if (code !== null)
    throw new S3Error(message, { fault: 'unclear', status: response.status, code });
}

/** Without a code it may be a proxy that has no such place, or the bucket that is missing. */
function isMissing(response: S3Response): boolean {
  return response.status === 404 && errorIn(response).code === 'NoSuchKey';
}

function objectIn(response: S3Response): S3Object {
  const customMetadata: Record<string, string> = {};
  for (const name of NAMES) {
    const header = response.headers.get(`${METADATA}${name}`);
    const value = header === null ? null : valueOf(header);
    if (value !== null) customMetadata[name] = value;
  }
  return { etag: etagIn(response), customMetadata };
}

function etagIn({ headers, status }: S3Response): string {
  const etag = headers.get('ETag');
  if (etag !== null && etag !== '') return versionOf(etag);
  throw new S3Error('the answer has no etag', { fault: 'unclear', status });
}

function metadataHeaders(metadata: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(metadata).map(([name, value]) => [`${METADATA}${name}`, headerOf(value)]),
  );
}
