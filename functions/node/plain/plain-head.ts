import type { IncomingMessage } from 'node:http';

/** The hosts of which a URL keeps every character. Of other ports only those of this machine, where the tests are. */
const USUAL_HOST =
  /^(?:[a-z0-9._-]+(?::(?:[1-5][0-9]{3,4}|[6-9][0-9]{3}))?|(?:127\.0\.0\.1|localhost):6[0-4][0-9]{3})$/;

/** Headers that say how a request is read, or that ask for another protocol. */
const UNUSUAL = ['transfer-encoding', 'content-encoding', 'expect', 'upgrade', 'trailer', 'te'];

/** A longer body takes so long that the rest does not matter. */
const MOST_BODY_DIGITS = 5;

/**
 * The host of a request of which the head can be read in one way only; null for all others. Where a name comes twice,
 * Node joins some headers and drops others. A request without a body has no length, one with a body has a short one.
 */
export function plainHostOf(
  { headers, rawHeaders, httpVersion }: IncomingMessage,
  { hasBody }: { readonly hasBody: boolean },
): string | null {
  const { host } = headers;
  if (host === undefined || httpVersion !== '1.1' || !USUAL_HOST.test(host)) return null;
  for (const name of UNUSUAL) if (headers[name] !== undefined) return null;
  const length = headers['content-length'];
  if (hasBody ? (length?.length ?? Infinity) > MOST_BODY_DIGITS : length !== undefined) return null;
  return Object.keys(headers).length * 2 === rawHeaders.length ? host : null;
}
