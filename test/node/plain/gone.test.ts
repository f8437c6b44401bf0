import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { whenGone } from '../../../functions/node/sent.ts';
import { createNodeServer } from '../../../functions/node/server.ts';
import { head, openConnection } from '../raw-connection.ts';

it('whenGone() calls back also where the client went away before the response was made', async () => {
  const came = Promise.withResolvers<void>();
  const called = Promise.withResolvers<void>();
  const server = createNodeServer(
    async (_request, outgoing) => {
      came.resolve();
      await once(outgoing, 'close');
      whenGone(outgoing, called.resolve);
      return new Response('late');
    },
    { hostname: '127.0.0.1' },
  );
  onTestFinished(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const connection = await openConnection(port);
  connection.send(head('GET', '/'));
  await came.promise;
  connection.destroy();
  await called.promise;
  expect(server.listening).toBe(true);
});
