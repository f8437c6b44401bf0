import { createConnection, type Socket } from 'node:net';
import { createAnswerReader } from '../../bench/http/answer-reader.ts';

/** A kept connection, which is opened again after a failure. */
export interface Connection {
  /** The body if bodies are kept, else an empty text. Rejects if there is no successful answer. */
  call(request: Buffer | string): Promise<string>;
  close(): void;
}

export function createConnectionTo(
  port: number,
  options: { readonly keepsBodies: boolean },
): Connection {
  let socket: Socket | null = null;
  let waiting: PromiseWithResolvers<string> | null = null;

  function settle(by: (call: PromiseWithResolvers<string>) => void): void {
    const call = waiting;
    waiting = null;
    if (call !== null) by(call);
  }

  function open(): Socket {
    const fresh = createConnection({ port, host: '127.0.0.1', noDelay: true });
    const reader = createAnswerReader(options);
    const fail = (error: unknown) => {
      if (socket === fresh) socket = null;
      fresh.destroy();
      settle(({ reject }) => reject(error));
    };
    fresh.on('error', fail);
    fresh.on('close', () => fail(new Error('The server closed the connection')));
    fresh.on('data', (chunk: Buffer) => {
      try {
        const body = reader.read(chunk);
        if (body === null) return;
        if (reader.isClosing()) socket = null;
        settle(({ resolve }) => resolve(body));
      } catch (error) {
        fail(error);
      }
    });
    return fresh;
  }

  return {
    call(request) {
      waiting = Promise.withResolvers();
      const { promise } = waiting;
      socket ??= open();
      socket.write(request);
      return promise;
    },
    close() {
      waiting = null;
      socket?.destroy();
    },
  };
}
