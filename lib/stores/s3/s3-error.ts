import type { Fault } from '../binding/fault.ts';
import { readXml, textIn } from './xml.ts';

/** What the server answered instead of doing what it was asked, or why there was no answer. */
export class S3Error extends Error {
  override readonly name = 'S3Error';
  readonly fault: Fault;
  /** Null where there was no answer. */
  readonly status: number | null;
  /** The code in the answer. Null where there was none. */
  readonly code: string | null;
  /** How long the server asked to wait. */
  readonly askedMs: number;

  constructor(message: string, { fault, status = null, code = null, askedMs = 0, cause }: Details) {
    super(message, { cause });
    this.fault = fault;
    this.status = status;
    this.code = code;
    this.askedMs = askedMs;
  }
}

interface Details {
  readonly fault: Fault;
  readonly status?: number | null;
  readonly code?: string | null;
  readonly askedMs?: number;
  readonly cause?: unknown;
}

export function faultOf(error: unknown): Fault {
  return error instanceof S3Error ? error.fault : 'lasting';
}

/** How long the server asked to wait before the next try, in milliseconds. */
export function pauseAskedBy(error: unknown): number {
  return error instanceof S3Error ? error.askedMs : 0;
}

/**
 * The gateways of Ceph have no code for a conditional write which another one overtook. A 409 says that another write of the key is
 * under way, or was: a server that never says 412 would be asked again for ten seconds.
 */
export function hasLostRace(error: unknown): boolean {
  if (!(error instanceof S3Error)) return false;
  return error.status === 409 || (error.status === 500 && error.code === 'UnknownError');
}

/** A text of a server in messages: it may be a page of HTML. */
const MAX_MESSAGE = 200;

/** What an answer with this status means. The answer to a HEAD has no body, so its code is not known. */
export function errorOf({
  status,
  body,
  headers,
}: {
  readonly status: number;
  readonly body: string;
  readonly headers: Headers;
}): S3Error {
  const { code, message } = readError(body);
  const region = headers.get('x-amz-bucket-region');
  const parts = [
    `the server answered ${status}`,
    code === null ? '' : ` ${code}`,
    message === null ? '' : `: ${message.slice(0, MAX_MESSAGE)}`,
    // Where the region is wrong the answer says the right one.
    region !== null && (status === 301 || status === 400) ? ` (the bucket is in ${region})` : '',
  ];
  return new S3Error(parts.join(''), {
    fault: faultOfStatus(status, code),
    status,
    code,
    askedMs: secondsIn(headers.get('Retry-After')) * 1_000,
  });
}

/** A time of day in its place is not understood. */
function secondsIn(retryAfter: string | null): number {
  return /^\d{1,6}$/.test(retryAfter ?? '') ? Number(retryAfter) : 0;
}

function faultOfStatus(status: number, code: string | null): Fault {
  // The disk is full.
  if (status === 507) return 'lasting';
  // The server refused for now: too many requests, or another write of the key at this moment.
  if (status === 429 || status === 409) return 'refused';
  // A proxy may say this of a request that has arrived.
  if (status >= 500 && status !== 501) return 'unclear';
  if (status === 408 || code === 'RequestTimeout') return 'unclear';
  return 'lasting';
}

function readError(body: string): {
  readonly code: string | null;
  readonly message: string | null;
} {
  try {
    const root = readXml(body);
    if (root.name === 'Error')
      return { code: textIn(root, 'Code'), message: textIn(root, 'Message') };
  } catch {
    // Not every answer comes from the server itself.
  }
  return { code: null, message: null };
}
