import { readFileSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import type { Load, Measured } from './http-load.ts';

/*
 * The process that asks: plain sockets, one request at a time on each, no more done with an answer
 * than to find its end. It must cost less than any server it measures.
 */

const HEAD_END = Buffer.from('\r\n\r\n');

process.on('message', (load: Load) => {
  run(load).then(
    perSecond => process.send?.({ perSecond } satisfies Measured),
    (error: unknown) => process.send?.({ refused: String(error) } satisfies Measured),
  );
});

async function run({ port, millis, lanes }: Load): Promise<number> {
  const requests = lanes.map(({ head, bodyFile }) =>
    Buffer.concat([
      Buffer.from(head),
      bodyFile === null ? Buffer.alloc(0) : readFileSync(bodyFile),
    ]),
  );
  const sockets = await Promise.all(requests.map(() => connect(port)));
  const startedAt = performance.now();
  const endsAt = startedAt + millis;
  spinUntil(endsAt);
  const counts = await Promise.all(
    sockets.map((socket, lane) => askUntil(socket, requests[lane] ?? HEAD_END, endsAt)),
  );
  const elapsedMs = performance.now() - startedAt;
  for (const socket of sockets) socket.destroy();
  return (counts.reduce((sum, count) => sum + count, 0) * 1000) / elapsedMs;
}

/**
 * Keeps the event loop from sleeping: to wake it would cost the server, and a slow server more often
 * than a fast one.
 */
function spinUntil(endsAt: number): void {
  if (performance.now() < endsAt) setImmediate(spinUntil, endsAt);
}

function connect(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ port, host: '127.0.0.1', noDelay: true });
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
}

/** Asks again after every answer; how many answers came. Rejects with the first that is no success. */
function askUntil(socket: Socket, request: Buffer, endsAt: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let answers = 0;
    /** Of the body that is being read; null while the head is. */
    let missing: number | null = null;
    let head: Buffer = Buffer.alloc(0);

    function answered(): void {
      answers += 1;
      missing = null;
      if (performance.now() < endsAt) socket.write(request);
      else resolve(answers);
    }

    function readHead(chunk: Buffer): number | null {
      head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
      const end = head.indexOf(HEAD_END);
      if (end < 0) return null;
      const rest = head.length - end - HEAD_END.length;
      const bytes = bodyBytes(head.toString('latin1', 0, end));
      head = Buffer.alloc(0);
      return bytes - rest;
    }

    socket.once('error', reject);
    socket.once('close', () => reject(new Error('The server closed the connection')));
    socket.on('data', (chunk: Buffer) => {
      try {
        missing = missing === null ? readHead(chunk) : missing - chunk.length;
      } catch (error) {
        reject(error);
      }
      if (missing === 0) answered();
    });
    socket.write(request);
  });
}

function bodyBytes(head: string): number {
  const status = head.slice(9, 12);
  if (status === '204') return 0;
  const length = /^content-length: ([0-9]+)/im.exec(head)?.[1];
  if (!status.startsWith('2') || length === undefined)
    throw new Error(`Unexpected answer: ${head}`);
  return Number(length);
}
