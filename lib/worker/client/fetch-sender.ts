import { type Answer, isJsonType, type Outgoing, type Sender } from './sender.ts';

/** Sends a request: the global `fetch`, or the `fetch` of an application in the same process. */
export type Fetch = (request: Request) => Promise<Response>;

/** Sends by `fetch`, which every runtime has. */
export function createFetchSender({
  base,
  fetch,
}: {
  readonly base: string;
  readonly fetch: Fetch;
}): Sender {
  async function receive(request: Request): Promise<Answer> {
    return readAnswer(await fetch(request));
  }

  return outgoing => {
    const given = new AbortController();
    const request = requestOf(base, outgoing, given.signal);
    return { received: receive(request), cancel: () => given.abort() };
  };
}

/** Throws a `TypeError` for a request that cannot be sent. */
export function requestOf(
  base: string,
  { method, path, headers, text }: Outgoing,
  signal: AbortSignal,
): Request {
  return new Request(`${base}${path}`, {
    method,
    headers: headers.map(([name, value]) => [name, value]),
    // The service never redirects. Following a redirect would send the tokens elsewhere, and turn a POST into a GET.
    redirect: 'manual',
    signal,
    ...(text === undefined ? {} : { body: text }),
  });
}

/** Reads an answer to its end if it is JSON. */
export async function readAnswer(response: Response): Promise<Answer> {
  const { status, headers } = response;
  return { status, header: name => headers.get(name), text: await textOf(response) };
}

async function textOf(response: Response): Promise<string> {
  if (isJsonType(response.headers.get('content-type'))) return response.text();
  await response.body?.cancel();
  return '';
}
