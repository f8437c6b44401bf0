import { fail, ok, type Result } from '../../lib/failure.ts';
import type { Bytes } from '../../lib/store.ts';
import { OVERLOADED } from './admission.ts';
import type { HttpContext } from './env.ts';

/**
 * The bytes of a JSON body. The media type and the declared length are checked before anything is
 * read, and a body of no declared length is read up to the limit alone. hono's `bodyLimit` wraps
 * every body in a stream, at half the rate of requests.
 */
export async function readBody(c: HttpContext, limitBytes: number): Promise<Result<Bytes>> {
  const mediaFault = mediaTypeFault(c);
  if (mediaFault !== null) return fail({ code: 'unsupported_media_type', faults: [mediaFault] });
  return readBytes(c, limitBytes);
}

/** Room for the body is taken before it is read, and it has so much time to arrive as its size allows. */
async function readBytes(c: HttpContext, limitBytes: number): Promise<Result<Bytes>> {
  const declared = c.req.header('content-length');
  if (Number(declared ?? 0) > limitBytes) return fail({ code: 'body_too_large', limitBytes });
  if (!takeRoom(c, Number(declared ?? 0) || 0)) return fail(OVERLOADED);
  const seconds = secondsFor(Number(declared ?? limitBytes) || 0);
  try {
    return await withinSeconds(c, seconds, async () => {
      if (declared !== undefined) return ok(new Uint8Array(await c.req.arrayBuffer()));
      const stream = c.req.raw.body;
      return stream === null ? ok(new Uint8Array()) : readStream(c, stream, limitBytes);
    });
  } catch {
    // Reading fails where the client's connection does: no fault of this side, and nothing to log as one.
    return fail({ code: 'malformed_json', faults: [{ path: '', reason: 'The body breaks off' }] });
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

/** What the read comes to, or that it takes too long: room that a slow body has nobody else has. */
async function withinSeconds(
  c: HttpContext,
  limitSeconds: number,
  read: () => Promise<Result<Bytes>>,
): Promise<Result<Bytes>> {
  const { intake } = c.env;
  if (intake === undefined) return read();
  let callOff = (): void => {};
  const late = new Promise<Result<Bytes>>(resolve => {
    callOff = intake.after(limitSeconds * 1000, () =>
      resolve(fail({ code: 'body_too_slow', limitSeconds })),
    );
  });
  try {
    return await Promise.race([read(), late]);
  } finally {
    callOff();
  }
}

/** As `readBody`, where a request may come without one: that is an empty object. */
export async function readOptionalBody(c: HttpContext, limitBytes: number): Promise<Result<Bytes>> {
  const typed = c.req.header('content-type') !== undefined;
  const stream = c.req.raw.body;
  if (stream === null) return ok(EMPTY_OBJECT);
  const read = typed ? await readBody(c, limitBytes) : await readBytes(c, limitBytes);
  if (!read.ok) return read;
  if (read.value.byteLength === 0) return ok(EMPTY_OBJECT);
  if (typed) return read;
  const reason = 'The body must be application/json';
  return fail({ code: 'unsupported_media_type', faults: [{ path: 'Content-Type', reason }] });
}

const EMPTY_OBJECT = new TextEncoder().encode('{}');

function mediaTypeFault(c: HttpContext): { path: string; reason: string } | null {
  const [type = '', ...parameters] = (c.req.header('content-type') ?? '').toLowerCase().split(';');
  if (type.trim() !== 'application/json') {
    return { path: 'Content-Type', reason: 'The body must be application/json' };
  }
  const charset = parameters.map(text => text.trim()).find(text => text.startsWith('charset='));
  if (charset !== undefined && !/^charset="?utf-?8"?$/.test(charset)) {
    return { path: 'Content-Type', reason: 'The charset must be UTF-8' };
  }
  const encoding = c.req.header('content-encoding') ?? 'identity';
  if (encoding.toLowerCase() !== 'identity') {
    return { path: 'Content-Encoding', reason: 'The body must not be compressed' };
  }
  return null;
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
    // Leaving the loop cancels the stream.
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
