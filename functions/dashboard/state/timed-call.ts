import { parseExact } from '../text/exact-json.ts';
import { type CallOptions, call } from './call.ts';
import { localMillis, noteServerTime } from './time.ts';

/** An answer, parsed. */
export interface TimedAnswer<T> {
  readonly answer: T;
  readonly etag: string | null;
}

/** As `call`, for an answer that has the time of the service, which is noted. Null for 304. */
export async function timedCall<T extends { readonly server_time: string }>(
  path: string,
  options: CallOptions,
): Promise<TimedAnswer<T> | null> {
  const sentAt = localMillis();
  const { status, text, etag } = await call(path, options);
  if (status === 304) return null;
  const answer = parseExact(text) as unknown as T;
  noteServerTime(answer.server_time, sentAt);
  return { answer, etag };
}
