import type { HttpContext } from './http-env.ts';
import { isLoopback } from './settings.ts';

/**
 * Why a request without a token is not served where tokens are not asked for: it is a browser's, on behalf of a
 * page from elsewhere. Such a page may have a name of its own lead to this machine, or send what needs no leave.
 * Null where nothing speaks against it.
 */
export function foreignPageReason(c: HttpContext): string | null {
  const host = c.req.header('host');
  if (host !== undefined && !isLoopback(host.replace(/:[0-9]*$/, ''))) {
    return 'Without access tokens only requests to a loopback address are served';
  }
  const origin = c.req.header('origin');
  const isForeign = origin !== undefined && !isLoopback(URL.parse(origin)?.hostname ?? '');
  if (isForeign || c.req.header('sec-fetch-site') === 'cross-site') {
    return 'Without access tokens no pages from elsewhere are served';
  }
  return null;
}
