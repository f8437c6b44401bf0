import { createFetchSender, type Fetch } from './fetch-sender.ts';
import { createNodeSender } from './node-sender.ts';
import type { Sender } from './sender.ts';

/**
 * The sender to a service: the given `fetch`, or that of Node, or the global `fetch`. Throws a `TypeError` for a `url`
 * that is not a URL of http or https, or has a password.
 */
export function senderOf(url: string, given: Fetch | undefined): Sender {
  if (!URL.canParse(url)) throw new TypeError(`Cannot use ${JSON.stringify(url)}: it is not a URL`);
  const { protocol, username, password } = new URL(url);
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw new TypeError(`Cannot use ${JSON.stringify(url)}: it is not an http or https URL`);
  }
  if (username !== '' || password !== '') {
    throw new TypeError('Cannot use a URL with a user name or a password: use an access token');
  }
  const base = url.replace(/\/+$/, '');
  const byNode = given === undefined ? createNodeSender(base) : null;
  return byNode ?? createFetchSender({ base, fetch: given ?? globalFetch });
}

/** The `fetch` of the moment: an application may replace it. */
export function globalFetch(request: Request): Promise<Response> {
  return fetch(request);
}
