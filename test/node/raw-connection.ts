import { once } from 'node:events';
import { connect } from 'node:net';
import { onTestFinished } from 'vitest';

/** A TCP connection on which a test writes its own HTTP. */
export interface RawConnection {
  send(text: string | Uint8Array): void;
  /** Settles with all that has come once it holds this text, from a place on. */
  received(text: string, from?: number): Promise<string>;
  /** Settles with all that came when the other side has closed. */
  readonly closed: Promise<string>;
  /** Says that no more will be sent. */
  end(): void;
  destroy(): void;
}

export async function openConnection(port: number): Promise<RawConnection> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let all = '';
  const waiting = new Set<() => void>();
  socket.on('data', (chunk: Buffer) => {
    all += chunk.toString('latin1');
    for (const look of waiting) look();
  });
  // A reset is one of the ways in which the other side may close.
  socket.on('error', () => {});
  await once(socket, 'connect');
  const closed = Promise.withResolvers<string>();
  socket.on('close', () => closed.resolve(all));

  return {
    send: text => void socket.write(text),
    received(text, from = 0) {
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      const look = () => {
        if (!all.includes(text, from)) return;
        waiting.delete(look);
        resolve(all);
      };
      waiting.add(look);
      look();
      void closed.promise.then(() =>
        reject(new Error(`It was closed before ${text} came: ${all}`)),
      );
      return promise;
    },
    closed: closed.promise,
    end: () => void socket.end(),
    destroy: () => void socket.destroy(),
  };
}

/** The head of a request, with its empty line. */
export function head(method: string, path: string, ...headers: readonly string[]): string {
  return [`${method} ${path} HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n');
}
