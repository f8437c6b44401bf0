import { createClient, type Fetch, type ServiceClient } from '../../lib/client.ts';
import { type AppClient, type AppClientOptions, openApp } from '../support/app.ts';
import { type Reply, type ScriptedService, scriptedService } from '../worker/scripted-service.ts';

const URL_OF_SERVICE = 'http://localhost';

/** Sends requests to an application in this process. */
export function fetchOf(app: AppClient): Fetch {
  return async request => {
    const { method, url, headers } = request;
    const text = await request.text();
    // The application's client sets it itself.
    headers.delete('content-type');
    const { pathname, search } = new URL(url);
    const body = text === '' ? {} : { body: text };
    const answer = await app.ask(method, `${pathname}${search}`, {
      headers: Object.fromEntries(headers),
      ...body,
    });
    const type = answer.type === null ? {} : { 'Content-Type': answer.type };
    const tag = answer.header('etag');
    return new Response(answer.text === '' ? null : answer.text, {
      status: answer.status,
      headers: { ...type, ...(tag === null ? {} : { ETag: tag }) },
    });
  };
}

/** A client of an application in this process. */
export function openClient(options: AppClientOptions = {}): {
  readonly app: AppClient;
  readonly client: ServiceClient;
} {
  const app = openApp(options);
  return { app, client: createClient({ url: URL_OF_SERVICE, fetch: fetchOf(app) }) };
}

/** A client of a service that answers as it is scripted to. Its pauses take no time. */
export function scriptedClient(...replies: readonly Reply[]): {
  readonly service: ScriptedService;
  readonly client: ServiceClient;
} {
  const service = scriptedService(...replies);
  const random = { fraction: () => 0 };
  const client = createClient({ url: URL_OF_SERVICE, fetch: service.fetch, random });
  return { service, client };
}
