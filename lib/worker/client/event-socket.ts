import type { Timing } from './timing.ts';

/** The part of a WebSocket that is used. */
export interface SocketLike {
  send(text: string): void;
  close(): void;
  addEventListener(
    type: 'open' | 'message' | 'error' | 'close',
    listener: (event: { readonly data?: unknown }) => void,
  ): void;
}

/** Opens a WebSocket; null where the runtime has none. */
export type OpenSocket = (url: string) => SocketLike | null;

/** The WebSocket of the moment: an application may replace it. */
export const globalSocket: OpenSocket = url =>
  typeof WebSocket === 'undefined' ? null : new WebSocket(url);

interface Following {
  readonly signal: AbortSignal;
  readonly timing: Timing;
  /** A message of the service. May throw for one that cannot be read. */
  readonly onText: (text: string) => void;
}

const PING = 'ping';
const PING_MS = 4000;

/**
 * Receives messages until the connection ends, and sends pings, which the platform of the service answers. Resolves when the
 * connection was made and has ended, else rejects.
 */
export function followSocket(
  socket: SocketLike,
  { signal, timing, onText }: Following,
): Promise<void> {
  const ended = Promise.withResolvers<void>();
  let isOpen = false;
  let disarm = (): void => {};

  function ping(): void {
    socket.send(PING);
    disarm = timing.after(PING_MS, ping);
  }

  function end(error: unknown): void {
    disarm();
    signal.removeEventListener('abort', abort);
    if (error === null) ended.resolve();
    else ended.reject(error);
  }

  function abort(): void {
    socket.close();
    end(signal.reason);
  }

  socket.addEventListener('open', () => {
    isOpen = true;
    if (!signal.aborted) ping();
  });
  socket.addEventListener('message', ({ data }) => {
    if (signal.aborted || typeof data !== 'string') return;
    try {
      onText(data);
    } catch (error) {
      socket.close();
      end(error);
    }
  });
  // The event says nothing of its reason.
  socket.addEventListener('error', () => end(isOpen ? null : notConnected()));
  socket.addEventListener('close', () => end(isOpen ? null : notConnected()));
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  return ended.promise;
}

function notConnected(): Error {
  return new Error('The WebSocket of the presence stream could not be opened');
}
