import { createConnection } from 'node:net';

interface Asked {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A kept connection that asks one thing at a time. It costs less than any server that it measures. */
export interface Connection {
  /** The JSON of the answer, null where it is empty. Rejects if the answer is no success. */
  call(method: string, path: string, asked?: Asked): Promise<unknown>;
  close(): void;
}

const HEAD_END = Buffer.from('\r\n\r\n');

export async function connect(port: number): Promise<Connection> {
  const socket = createConnection({ port, host: '127.0.0.1', noDelay: true });
  let received: Buffer = Buffer.alloc(0);
  let waiting: PromiseWithResolvers<unknown> | null = null;

  function settle(by: (call: PromiseWithResolvers<unknown>) => void): void {
    const call = waiting;
    waiting = null;
    if (call !== null) by(call);
  }

  socket.on('error', error => settle(({ reject }) => reject(error)));
  socket.on('close', () =>
    settle(({ reject }) => reject(new Error('The server closed the connection'))),
  );
  socket.on('data', chunk => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    const end = received.indexOf(HEAD_END);
    if (end < 0) return;
    const head = received.toString('latin1', 0, end);
    const body = bodyOf(head, received.subarray(end + HEAD_END.length));
    if (body === null) return;
    received = Buffer.alloc(0);
    const text = body.toString();
    settle(({ resolve, reject }) => {
      if (head.slice(9, 10) !== '2') reject(new Error(`${head.split('\r\n')[0] ?? ''}: ${text}`));
      else resolve(text === '' ? null : JSON.parse(text));
    });
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });

  return {
    call(method, path, { headers = {}, body } = {}) {
      const text = body === undefined ? '' : JSON.stringify(body);
      const lines = Object.entries({ Host: '127.0.0.1', ...typeOf(text), ...headers });
      const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
      waiting = Promise.withResolvers();
      socket.write(`${method} ${path} HTTP/1.1\r\n${head}\r\n${text}`);
      return waiting.promise;
    },
    close: () => socket.destroy(),
  };
}

function typeOf(body: string): Record<string, string> {
  if (body === '') return { 'Content-Length': '0' };
  return {
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(body)),
  };
}

/** The whole body, null while a part is missing. Nothing follows it: the next request is sent after the answer. */
function bodyOf(head: string, rest: Buffer): Buffer | null {
  if (/^transfer-encoding: chunked/im.test(head)) return chunksIn(rest);
  const length = /^content-length: ([0-9]+)/im.exec(head)?.[1];
  return rest.length < Number(length ?? 0) ? null : rest;
}

const LINE_END = '\r\n';

function chunksIn(rest: Buffer): Buffer | null {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = rest.indexOf(LINE_END, at);
    if (lineEnd < 0) return null;
    const length = Number.parseInt(rest.toString('latin1', at, lineEnd), 16);
    const start = lineEnd + LINE_END.length;
    at = start + length + LINE_END.length;
    if (rest.length < at) return null;
    if (length === 0) return Buffer.concat(chunks);
    chunks.push(rest.subarray(start, start + length));
  }
}
