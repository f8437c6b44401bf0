import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** An answer as it came over the wire. */
export interface WireAnswer {
  readonly status: number;
  /** In lower case, sorted, without the time. */
  readonly headers: readonly string[];
  readonly body: string;
}

/** A connection that is used again while the service keeps it open. */
export interface Exchange {
  /** Sends a request, and settles with its answer. */
  ask(request: string): Promise<WireAnswer>;
  close(): void;
}

export function openExchange(port: number): Exchange {
  let socket: Socket | null = null;

  async function opened(): Promise<Socket> {
    if (socket !== null && !socket.destroyed) return socket;
    socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.on('error', () => {});
    await once(socket, 'connect');
    return socket;
  }

  return {
    async ask(request) {
      const used = await opened();
      const { promise, resolve, reject } = Promise.withResolvers<WireAnswer>();
      let all = '';
      const isHead = request.startsWith('HEAD ');
      const onData = (chunk: Buffer): void => {
        all += chunk.toString('latin1');
        const answer = answerIn(all, isHead);
        if (answer === null) return;
        resolve(answer.answer);
        if (answer.closes) used.destroy();
      };
      const onClose = (): void => reject(new Error(`No answer to ${request}, only ${all}`));
      used.on('data', onData);
      used.on('close', onClose);
      used.write(request, 'latin1');
      try {
        return await promise;
      } finally {
        used.off('data', onData);
        used.off('close', onClose);
      }
    },
    close: () => void socket?.destroy(),
  };
}

/** The whole answer that a text has, null while a part of it is missing. */
function answerIn(
  all: string,
  isHead: boolean,
): { readonly answer: WireAnswer; readonly closes: boolean } | null {
  const text = all.replace(/^HTTP\/1\.1 100 .*\r\n\r\n/, '');
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const [first = '', ...fields] = text.slice(0, end).split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d+) /.exec(first)?.[1]);
  const headers = fields.map(field => field.replace(/^[^:]+/, name => name.toLowerCase()));
  const length = headers.find(field => field.startsWith('content-length:'))?.slice(15) ?? '0';
  const body = text.slice(end + 4);
  const isEmpty = isHead || status === 204 || status === 304;
  if (body.length < (isEmpty ? 0 : Number(length))) return null;
  const kept = headers.filter(field => !field.startsWith('date:'));
  return {
    answer: { status, headers: kept.toSorted(), body },
    closes: headers.includes('connection: close'),
  };
}
