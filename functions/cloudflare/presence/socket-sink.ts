import type { PresenceSink } from '../../../lib/presence/presence-event.ts';
import { wireEventOf } from '../../http/presence/events.ts';
import type { SocketLike } from './socket-like.ts';

/** The events of one stream, as messages on its connection. */
export interface SocketSink extends PresenceSink {
  /** The connection is there. Sends what has waited for it. */
  attach(socket: SocketLike): void;
}

/** The first event has an answer for each token: a thousand of them take less. */
const MOST_WAITING_CHARACTERS = 4 * 1024 * 1024;

/** `send` answers false when the connection is gone. What a slow reader leaves unread is in the platform's memory. */
export function createSocketSink({
  now,
  ended,
}: {
  readonly now: () => string;
  readonly ended: () => void;
}): SocketSink {
  let socket: SocketLike | null = null;
  let waiting: string[] = [];
  let waitingCharacters = 0;

  return {
    attach(given) {
      socket = given;
      for (const text of waiting) given.send(text);
      waiting = [];
    },

    send(event) {
      const { name, data } = wireEventOf(event, now());
      const text = JSON.stringify({ event: name, data });
      if (socket === null) {
        waitingCharacters += text.length;
        waiting.push(text);
        return waitingCharacters <= MOST_WAITING_CHARACTERS;
      }
      try {
        socket.send(text);
        return true;
      } catch {
        return false;
      }
    },

    isUnreachable: () => false,

    end() {
      waiting = [];
      closeSocket(socket);
      ended();
    },
  };
}

/** Does nothing if it is closed. */
export function closeSocket(socket: SocketLike | null): void {
  try {
    socket?.close(1000, 'The stream has ended');
  } catch {
    // It is closed.
  }
}
