import type { Bytes, Version } from '../../store.ts';
import type { ConditionalPut } from '../binding/writer.ts';
import { etagOf, versionOf } from './etag.ts';
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

export function createS3Bucket(send: Send): S3Bucket {
  /** Servers that do not know a condition of a deletion refuse it. Those that ignore it are as good. */
  let hasConditionalDelete = true;

  return {
    async head(key) {
      const response = await send({ method: 'HEAD', key });
      if (response.status === 404) return null;
      if (response.status !== 200) throw errorIn(response);
      return objectIn(response);
    },

    async get(key) {
      const response = await send({ method: 'GET', key });
      if (isMissing(response)) return null;
      if (response.status !== 200) throw errorIn(response);
      return { ...objectIn(response), body: response.body };
    },

    async put(key, body, { onlyIf = {}, customMetadata = {} }) {
      const response = await send({
        method: 'PUT',
        key,
        body,
        headers: { ...conditionOf(onlyIf), ...metadataHeaders(customMetadata) },
      });
      if (response.status === 412) return null;
      // Where there is no object that could have the etag.
      if (onlyIf.etagMatches !== undefined && isMissing(response)) return null;
      if (response.status !== 200 && response.status !== 204 && response.status !== 201)
        throw errorIn(response);
      return { etag: etagIn(response), customMetadata };
    },

    async delete(key, version) {
      const etag = version === null || !hasConditionalDelete ? null : etagOf(version);
      const response = await send({
        method: 'DELETE',
        key,
        ...(etag === null ? {} : { headers: { 'If-Match': etag } }),
      });
      if (response.status === 412) return false;
      if (response.status === 204 || response.status === 200 || isMissing(response)) return true;
      const error = errorIn(response);
      if (etag === null || (error.status !== 501 && error.code !== 'NotImplemented')) throw error;
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

function conditionOf({
  etagMatches,
  etagDoesNotMatch,
}: NonNullable<ConditionalPut['onlyIf']>): Record<string, string> {
  if (etagDoesNotMatch !== undefined) return { 'If-None-Match': etagDoesNotMatch };
  if (etagMatches === undefined) return {};
  return { 'If-Match': etagOf(etagMatches as Version) ?? '' };
}

function metadataHeaders(metadata: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(metadata).map(([name, value]) => [`${METADATA}${name}`, headerOf(value)]),
  );
}
