import { readFileSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { createAnswerReader } from './answer-reader.ts';
import { type Lane, type Load, type Measured, type Release, requestHead } from './http-load.ts';

/*
 * The process that asks: plain sockets, one request at a time on each, no more done with an answer
 * than to find its end. It must cost less than any server it measures.
 */

process.on('message', (load: Load) => {
  run(load).then(
    measured => process.send?.(measured),
    (error: unknown) => process.send?.({ refused: String(error) } satisfies Measured),
  );
});

async function run({ port, millis, lanes }: Load): Promise<Measured> {
  const requests = lanes.map(lane => lane.requests.map(requestBytes));
  const sockets = await Promise.all(lanes.map(() => connect(port)));
  const before = threadMicros();
  const startedAt = performance.now();
  const endsAt = startedAt + millis;
  const idle = spinUntil(endsAt);
  const counts = await Promise.all(
    sockets.map((socket, at) => {
      const release = lanes[at]?.release ?? null;
      return askUntil(socket, { port, requests: requests[at] ?? [], release, endsAt });
    }),
  );
  const elapsedMs = performance.now() - startedAt;
  const busyMicros = threadMicros() - before - idle.micros;
  return { done: counts.reduce((sum, count) => sum + count, 0), elapsedMs, busyMicros };
}

function requestBytes({ head, bodyFile }: Lane['requests'][number]): Buffer {
  const body = bodyFile === null ? Buffer.alloc(0) : readFileSync(bodyFile);
  return Buffer.concat([Buffer.from(head), body]);
}

function threadMicros(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

/** Chunks that came, of all sockets. */
let received = 0;

/**
 * Keeps the event loop from sleeping: to wake it would cost the server, and a slow server more often
 * than a fast one. Tells how long it turned with nothing to do.
 */
function spinUntil(endsAt: number): { readonly micros: number } {
  const idle = { micros: 0 };
  let lastMicros = threadMicros();
  let lastReceived = received;
  function turn(): void {
    const micros = threadMicros();
    if (received === lastReceived) idle.micros += micros - lastMicros;
    lastMicros = micros;
    lastReceived = received;
    if (performance.now() < endsAt) setImmediate(turn);
  }
  setImmediate(turn);
  return idle;
}

function connect(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ port, host: '127.0.0.1', noDelay: true });
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
}

interface Asking {
  readonly port: number;
  readonly requests: readonly Buffer[];
  readonly release: Release | null;
  readonly endsAt: number;
}

/**
 * Asks again after every answer; how many answers came. Rejects with the first that is no success. A server that ends
 * its connections gets a new one for each request, which counts.
 */
function askUntil(first: Socket, { port, requests, release, endsAt }: Asking): Promise<number> {
  return new Promise((resolve, reject) => {
    let socket = first;
    let asked = 0;
    let answers = 0;
    let isReleasing = false;
    const reader = createAnswerReader({ keepsBodies: release !== null });

    function send(request: Buffer | string): void {
      if (!reader.isClosing()) return void socket.write(request);
      socket.removeAllListeners('close').destroy();
      connectAgain(request).catch(reject);
    }

    async function connectAgain(request: Buffer | string): Promise<void> {
      attach(await connect(port));
      socket.write(request);
    }

    function answered(body: string): void {
      if (release !== null && !isReleasing) {
        isReleasing = true;
        return send(releaseOf(body, release));
      }
      isReleasing = false;
      answers += 1;
      if (performance.now() < endsAt) return send(requests[asked++ % requests.length] ?? '');
      socket.removeAllListeners('close').destroy();
      resolve(answers);
    }

    function attach(fresh: Socket): void {
      socket = fresh;
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('The server closed the connection')));
      socket.on('data', (chunk: Buffer) => {
        received += 1;
        try {
          const body = reader.read(chunk);
          if (body !== null) answered(body);
        } catch (error) {
          reject(error);
        }
      });
    }

    attach(first);
    first.write(requests[asked++ % requests.length] ?? '');
  });
}

function releaseOf(grant: string, { prefix, headers }: Release): string {
  const jobId = /"job_id":"([^"]+)"/.exec(grant)?.[1];
  const token = /"token":"([^"]+)"/.exec(grant)?.[1];
  if (jobId === undefined || token === undefined) throw new Error('The server granted nothing');
  return requestHead(`DELETE ${prefix}/v1/jobs/${jobId}/lease`, {
    'Lease-Token': token,
    ...headers,
  });
}
