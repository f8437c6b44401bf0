import type { Services } from '../http/env.ts';
import { responseOf } from '../http/response.ts';
import { errorAnswer } from '../serving/serve.ts';
import { answerBy } from './answer.ts';
import { findPlainRoute, type PlainRoute } from './plain-routes.ts';
import { createContext } from './request-context.ts';

/**
 * Answers a request of the Fetch API without hono if it is one of those that come most often, and has a path without
 * anything to decode. Null for all others, which are left to the application.
 */
export function answerPlainRequest(request: Request, services: Services): Promise<Response> | null {
  const { method, url } = request;
  const path = url.slice(url.indexOf('/', AFTER_SCHEME));
  const route = findPlainRoute(method, path);
  if (route === null || (route.meetsAtJob && services.forward !== undefined)) return null;
  return answerRequest(request, { route, path, services });
}

/** Behind the slashes of `http://`, in front of the end of any host. */
const AFTER_SCHEME = 8;

async function answerRequest(
  request: Request,
  {
    route,
    path,
    services,
  }: { readonly route: PlainRoute; readonly path: string; readonly services: Services },
): Promise<Response> {
  const { method, url, headers } = request;
  const c = createContext(services, {
    method,
    path,
    url,
    raw: request,
    header: name => headers.get(name) ?? undefined,
    query: () => undefined,
    queries: () => undefined,
    arrayBuffer: () => request.arrayBuffer(),
  });
  try {
    return responseOf(await answerBy(route, c));
  } catch (error) {
    if (error instanceof Error) return responseOf(errorAnswer(c, error));
    throw error;
  }
}
