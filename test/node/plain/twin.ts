import { once } from 'node:events';
import { createApp } from '../../../functions/app.ts';
import { createPlainListener } from '../../../functions/node/plain/listener.ts';
import { requestServices } from '../../../functions/node/request-services.ts';
import { createNodeServer } from '../../../functions/node/server.ts';
import {
  createTwinServices,
  type TwinOptions,
  type TwinServices,
} from '../../plain/twin-services.ts';

/** One of two services that do the same, over HTTP. */
export interface Twin extends Omit<TwinServices, 'services'> {
  readonly port: number;
  /** How many requests were answered without hono. */
  plainCount(): number;
  close(): Promise<void>;
}

export async function openTwin(options: TwinOptions, way: 'hono' | 'plain'): Promise<Twin> {
  const { services, ...twin } = createTwinServices(options);
  const app = createApp();
  const listener = createPlainListener(services);
  let plainCount = 0;
  const server = createNodeServer(
    (request, outgoing) => app.fetch(request, requestServices(services, outgoing)),
    {
      hostname: '127.0.0.1',
      answerPlain(incoming, outgoing) {
        const isPlain = way === 'plain' && listener(incoming, outgoing);
        if (isPlain) plainCount += 1;
        return isPlain;
      },
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    ...twin,
    plainCount: () => plainCount,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      await twin.store.close();
    },
  };
}
