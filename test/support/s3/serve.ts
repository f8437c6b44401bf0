import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { BucketAddress } from '../../../lib/stores/s3/address.ts';
import { FAKE_ADDRESS, type FakeRequest } from './fake.ts';

export interface ServedS3 {
  readonly address: BucketAddress;
  stop(): Promise<void>;
}

/** What becomes of a request: its answer, or null to cut the connection. */
export type Answer = (request: FakeRequest) => Promise<Response | null>;

/** A bucket behind a server on this machine, as other processes see it. */
export async function serveS3(answer: Answer): Promise<ServedS3> {
  const server = createServer((incoming, outgoing) => void serve(answer, incoming, outgoing));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: { ...FAKE_ADDRESS, endpoint: `http://127.0.0.1:${port}` },
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function serve(
  answer: Answer,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const { method = '', url = '/' } = incoming;
  const response = await answer({
    method,
    url: `http://s3.test${url}`,
    headers: new Headers(incoming.headers as Record<string, string>),
    body: await buffer(incoming),
  });
  if (response === null) {
    incoming.socket.destroy();
    return;
  }
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.end(new Uint8Array(await response.arrayBuffer()));
}
