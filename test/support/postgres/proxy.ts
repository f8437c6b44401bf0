import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Stands between a client and the server, and does to their connections what networks do. */
export interface Proxy {
  readonly port: number;
  /** Of the next connection that sends something: `before` the server gets it, or `after`, when it has answered. */
  cutNext(when: 'before' | 'after'): void;
  /** Ends all connections, and each new one at once, until it serves again. */
  refuse(): void;
  serve(): void;
  /** Answers do not arrive from now on, until they all do. */
  hold(): void;
  release(): void;
  /** How many connections were made. */
  connections(): number;
  close(): Promise<void>;
}

export async function openProxy(target: number): Promise<Proxy> {
  const open = new Set<Socket>();
  const held: (() => void)[] = [];
  let cut: 'before' | 'after' | null = null;
  let isHolding = false;
  let isRefusing = false;
  let made = 0;

  function take(when: 'before' | 'after'): boolean {
    if (cut !== when) return false;
    cut = null;
    return true;
  }

  const server = createServer(client => {
    made += 1;
    if (isRefusing) {
      client.destroy();
      return;
    }
    const upstream = connect(target, '127.0.0.1');
    const sockets = [client, upstream];
    const end = (): void => {
      for (const socket of sockets) {
        socket.destroy();
        open.delete(socket);
      }
    };
    for (const socket of sockets) {
      open.add(socket);
      socket.on('error', end);
      socket.on('close', end);
    }
    client.on('data', bytes => {
      if (take('before')) end();
      else upstream.write(bytes);
    });
    upstream.on('data', bytes => {
      if (take('after')) end();
      else if (isHolding) held.push(() => client.write(bytes));
      else client.write(bytes);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('No port');

  return {
    port: address.port,
    cutNext(when) {
      cut = when;
    },
    refuse() {
      isRefusing = true;
      for (const socket of open) socket.destroy();
    },
    serve() {
      isRefusing = false;
    },
    hold() {
      isHolding = true;
    },
    release() {
      isHolding = false;
      for (const send of held.splice(0)) send();
    },
    connections: () => made,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
