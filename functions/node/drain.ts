import type { IncomingMessage, ServerResponse } from 'node:http';

/** How much of a body is read and discarded after a response that did not wait for it. */
export interface DrainLimits {
  readonly bytes: number;
  readonly totalMs: number;
  /** How long the client may send nothing. */
  readonly idleMs: number;
}

/** Those of the service. */
export const DRAIN_LIMITS: DrainLimits = {
  bytes: 64 * 1024 * 1024,
  totalMs: 20_000,
  idleMs: 2_000,
};

/** A body of at most so many bytes is read to its end, and the connection serves further requests. */
const SMALL_BYTES = 64 * 1024;

/** An answer whose body is all there. */
export interface WholeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string | null;
}

/** Sends the whole response, and ends it when the request is read to its end or reaches a limit. */
export async function answerAndDrain(
  { status, headers: given, body }: WholeAnswer,
  {
    incoming,
    outgoing,
    limits,
  }: { incoming: IncomingMessage; outgoing: ServerResponse; limits: DrainLimits },
): Promise<void> {
  const headers: Record<string, string | number> = { ...given };
  if (!isSmall(incoming)) headers['connection'] = 'close';
  if (body === null) {
    outgoing.writeHead(status, headers).flushHeaders();
  } else {
    // With the length a client knows that the response is complete before it ends.
    headers['content-length'] = Buffer.byteLength(body);
    outgoing.writeHead(status, headers).write(body);
  }
  await drain(incoming, limits);
  if (!incoming.complete) outgoing.once('finish', () => incoming.destroy());
  outgoing.end();
}

/** Whether the rest of the body is small and certain to arrive. */
function isSmall({ headers }: IncomingMessage): boolean {
  const declared = headers['content-length'];
  return headers.expect === undefined && declared !== undefined && Number(declared) <= SMALL_BYTES;
}

/** Settles when the body has ended, was aborted or reached a limit. */
async function drain(
  incoming: IncomingMessage,
  { bytes, totalMs, idleMs }: DrainLimits,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const total = setTimeout(resolve, totalMs);
  const idle = setTimeout(endIfIdle, idleMs);
  let taken = 0;

  /** After a stall of this process the timer comes before what has arrived meanwhile is read. */
  function endIfIdle(): void {
    const before = taken;
    setImmediate(() => {
      if (taken === before) resolve();
      else idle.refresh();
    });
  }

  // A reader that stopped at its own limit would still collect chunks and pause the stream.
  incoming.removeAllListeners('data');
  incoming.on('data', (chunk: Uint8Array) => {
    taken += chunk.byteLength;
    idle.refresh();
    if (taken > bytes) resolve();
  });
  for (const event of ['end', 'error', 'close']) incoming.once(event, () => resolve());
  incoming.resume();
  await promise;
  clearTimeout(total);
  clearTimeout(idle);
}
