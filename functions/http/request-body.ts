import type * as z from 'zod';
import { parseBody, parseBodyInTurns } from '../../lib/checkpoint/codec.ts';
import { type Fault, fail, ok, type Result } from '../../lib/failure.ts';
import type { Bytes } from '../../lib/store.ts';
import { OVERLOADED } from './admission.ts';
import type { HttpContext } from './env.ts';
import type { Reader } from './read-request.ts';
import { JSON_TYPE } from './response.ts';

/** The bytes of a whole state, up to the limit of the service. The operation that gets them parses them. */
export function readStateBody(c: HttpContext): Promise<Result<Bytes>> {
  return readBody(c, c.env.bodyLimitBytes);
}

/** Makes a reader of a JSON body of at most `limitBytes`. It gives what the schema makes of the body. */
export function jsonBody<T>(schema: z.ZodType<T>, limitBytes: number): Reader<T> {
  return async c => {
    const body = await readBody(c, limitBytes);
    return body.ok ? parseBody(body.value, schema) : body;
  };
}

/** As `jsonBody`, for a request that may come without a body: that counts as an empty object. */
export function optionalJsonBody<T>(schema: z.ZodType<T>, limitBytes: number): Reader<T> {
  return async c => {
    const body = await readOptionalBody(c, limitBytes);
    return body.ok ? parseBody(body.value, schema) : body;
  };
}

/** As `jsonBody`, up to the limit of the service. To parse a large body does not block other requests for long. */
export function largeJsonBody<T>(schema: z.ZodType<T>): Reader<T> {
  return async c => {
    const body = await readBody(c, c.env.bodyLimitBytes);
    return body.ok ? await parseBodyInTurns(body.value, schema) : body;
  };
}

/**
 * The media type and the declared length are checked before anything is read, and a body without a declared length
 * is read only up to the limit. hono's `bodyLimit` wraps every body in a stream, which halves the rate of requests.
 */
async function readBody(c: HttpContext, limitBytes: number): Promise<Result<Bytes>> {
  const mediaFault = mediaTypeFault(c);
  if (mediaFault !== null) return fail({ code: 'unsupported_media_type', faults: [mediaFault] });
  return readBytes(c, limitBytes);
}

async function readOptionalBody(c: HttpContext, limitBytes: number): Promise<Result<Bytes>> {
  const isTyped = c.req.header('content-type') !== undefined;
  const declared = c.req.header('content-length');
  if (!isTyped && declared === '0') return ok(EMPTY_OBJECT);
  // To ask for the stream would make one, so it is not done where there is a body by its length.
  const isDeclared = Number(declared ?? 0) > 0;
  if (!isDeclared && c.req.raw.body === null) return ok(EMPTY_OBJECT);
  const read = isTyped ? await readBody(c, limitBytes) : await readBytes(c, limitBytes);
  if (!read.ok) return read;
  if (read.value.byteLength === 0) return ok(EMPTY_OBJECT);
  if (isTyped) return read;
  return fail({ code: 'unsupported_media_type', faults: [NOT_JSON] });
}

const EMPTY_OBJECT = new TextEncoder().encode('{}');
const NOT_JSON: Fault = { path: 'Content-Type', reason: 'The body must be application/json' };

/** Takes room for the body before it reads it. The time that a body may take grows with its size. */
export async function readBytes(c: HttpContext, limitBytes: number): Promise<Result<Bytes>> {
  const declared = c.req.header('content-length');
  if (Number(declared ?? 0) > limitBytes) return fail({ code: 'body_too_large', limitBytes });
  if (!takeRoom(c, Number(declared ?? 0) || 0)) return fail(OVERLOADED);
  if (declared !== undefined && c.req.takeWhole !== undefined) {
    const whole = await c.req.takeWhole();
    // It needs no time limit.
    if (whole !== null) return ok(whole);
  }
  const seconds = secondsFor(Number(declared ?? limitBytes) || 0);
  try {
    return await withinSeconds(c, seconds, async () => {
      if (declared !== undefined) return ok(new Uint8Array(await c.req.arrayBuffer()));
      const stream = c.req.raw.body;
      return stream === null ? ok(new Uint8Array()) : readStream(c, stream, limitBytes);
    });
  } catch {
    // Reading fails where the connection of the client fails. That is no error of the service, so it is not logged.
    return fail({ code: 'malformed_json', faults: [{ path: '', reason: 'The body ends early' }] });
  }
}

function takeRoom(c: HttpContext, bytes: number): boolean {
  return c.get('ticket')?.takeBody(bytes) ?? true;
}

const FIRST_SECONDS = 15;
const BYTES_PER_SECOND = 256 * 1024;

function secondsFor(bodyBytes: number): number {
  return Math.ceil(FIRST_SECONDS + bodyBytes / BYTES_PER_SECOND);
}

/** Reads within the time limit: while a slow body arrives, no other request can use its room. */
async function withinSeconds(
  c: HttpContext,
  limitSeconds: number,
  read: () => Promise<Result<Bytes>>,
): Promise<Result<Bytes>> {
  const { intake } = c.env;
  if (intake === undefined) return read();
  // A race would make several more promises for every body.
  const { promise, resolve, reject } = Promise.withResolvers<Result<Bytes>>();
  const cancel = intake.after(limitSeconds * 1000, () =>
    resolve(fail({ code: 'body_too_slow', limitSeconds })),
  );
  read().then(resolve, reject);
  try {
    return await promise;
  } finally {
    cancel();
  }
}

function mediaTypeFault(c: HttpContext): Fault | null {
  const contentType = c.req.header('content-type') ?? '';
  // Most requests have exactly this value: there is nothing to parse.
  const fault = contentType === JSON_TYPE ? null : contentTypeFault(contentType);
  if (fault !== null) return fault;
  const encoding = c.req.header('content-encoding') ?? 'identity';
  if (encoding.toLowerCase() !== 'identity') {
    return { path: 'Content-Encoding', reason: 'The body must not be compressed' };
  }
  return null;
}

function contentTypeFault(contentType: string): Fault | null {
  const [type = '', ...parameters] = contentType.toLowerCase().split(';');
  if (type.trim() !== JSON_TYPE) return NOT_JSON;
  const charset = parameters.map(text => text.trim()).find(text => text.startsWith('charset='));
  if (charset === undefined || /^charset="?utf-?8"?$/.test(charset)) return null;
  return { path: 'Content-Type', reason: 'The charset must be UTF-8' };
}

async function readStream(
  c: HttpContext,
  stream: ReadableStream<Uint8Array>,
  limitBytes: number,
): Promise<Result<Bytes>> {
  const chunks: Uint8Array[] = [];
  let bodyBytes = 0;
  for await (const chunk of stream) {
    bodyBytes += chunk.byteLength;
    // To leave the loop cancels the stream.
    if (bodyBytes > limitBytes) return fail({ code: 'body_too_large', limitBytes });
    if (!takeRoom(c, chunk.byteLength)) return fail(OVERLOADED);
    chunks.push(chunk);
  }
  const body = new Uint8Array(bodyBytes);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.byteLength;
  }
  return ok(body);
}
