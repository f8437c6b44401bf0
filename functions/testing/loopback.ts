import { once } from 'node:events';
import { createNodeServer } from '../node/server.ts';

/** A server on a free port of the loopback address. */
export interface Loopback {
  readonly url: string;
  /** Ends all connections. */
  close(): Promise<void>;
}

const HOST = '127.0.0.1';

/** On Node and on Deno, which has the HTTP server of Node. It does not keep a process alive. */
export async function listenOnLoopback(
  fetch: (request: Request) => Promise<Response>,
): Promise<Loopback> {
  const server = createNodeServer(request => fetch(request), { hostname: HOST });
  server.listen(0, HOST);
  await once(server, 'listening');
  server.unref();
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new TypeError('The server has no port');
  return {
    url: `http://${HOST}:${address.port}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
