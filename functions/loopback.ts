import type { HttpContext } from './http-env.ts';
import { isLoopback } from './settings.ts';

/**
 * Why a request without a token is not served where tokens are not asked for: it is a browser's, on behalf of a
 * page from elsewhere. Such a page may have a name of its own lead to this machine, or send what needs no leave.
 * Null where nothing speaks against it.
 */
export function foreignPageReason(c: HttpContext): string | null {
  const host = c.req.header('host');
  // A target may name a host too, as requests through a proxy do: `GET http://name/path`. Browsers always
  // send the header: a request without one is a program's.
  const hosts = [host?.replace(/:[0-9]*$/, ''), URL.parse(c.req.url)?.hostname];
  if (host !== undefined && !hosts.every(name => name !== undefined && isLoopback(name))) {
    return 'Without access tokens only requests to a loopback address are served';
  }
  const origin = c.req.header('origin');
  const isForeign = origin !== undefined && !isLoopback(URL.parse(origin)?.hostname ?? '');
  if (isForeign || c.req.header('sec-fetch-site') === 'cross-site') {
    return 'Without access tokens no pages from elsewhere are served';
  }
  return null;
}
