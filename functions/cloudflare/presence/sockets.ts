import * as z from 'zod';
import type { Clock } from '../../../lib/base/clock.ts';
import type { Random } from '../../../lib/base/random.ts';
import type { PresenceSink } from '../../../lib/presence/presence-event.ts';
import type { PresenceStream } from '../../../lib/presence/presence-stream.ts';
import { CONNECT_MS } from '../../../lib/presence/socket-presence.ts';
import { socketPath } from '../../http/presence/places.ts';
import type { PresenceSockets } from '../../services/presence-sockets.ts';
import type { SocketLike, SocketStateLike } from './socket-like.ts';
import { createSocketSink, type SocketSink } from './socket-sink.ts';

/** The connections of an object. The platform keeps them, with the id of their stream, while the object has no memory. */
export interface Sockets extends PresenceSockets {
  /** Accepts the connection for this path, once. The stream that it belongs to; null if there is none. */
  accept(path: string, socket: SocketLike): PresenceStream | null;
  /** Whether a connection for this path may be made now. */
  isAwaited(path: string): boolean;
  /** The stream of a connection, and the last sign of its worker. */
  describe(socket: SocketLike): { readonly id: string; readonly signAtMs: number } | null;
  /** The last sign of the worker of a stream. Null where it has no open connection. */
  signAtMs(id: string): number | null;
  /** Where the events of a stream go that has a connection. */
  sinkOf(id: string): PresenceSink;
  /** Which object this is. Null before its first stream. */
  place(): number | null;
}

/** Where an object keeps which one it is. */
export interface KeptPlace {
  get(): number | null;
  put(place: number): void;
}

const OPEN = 1;

const Attachment = z.object({ id: z.string(), connected_at_ms: z.number() });

export function createSockets({
  state,
  clock,
  random,
  place: keptPlace,
}: {
  readonly state: SocketStateLike;
  readonly clock: Clock;
  readonly random: Random;
  readonly place: KeptPlace;
}): Sockets {
  let knownPlace = keptPlace.get();
  /** By their paths. The streams end when no connection comes. */
  const awaited = new Map<string, { readonly stream: PresenceStream; readonly sink: SocketSink }>();

  function newSink(path: string | null): SocketSink {
    const ended = () => {
      if (path !== null) awaited.delete(path);
    };
    return createSocketSink({ now: () => clock.now(), ended });
  }

  function describe(socket: SocketLike): { id: string; signAtMs: number } | null {
    const attached = Attachment.safeParse(socket.deserializeAttachment()).data;
    if (attached === undefined) return null;
    const pingAtMs = state.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? 0;
    return { id: attached.id, signAtMs: Math.max(pingAtMs, attached.connected_at_ms) };
  }

  function openSocket(id: string): SocketLike | null {
    return state.getWebSockets(id).find(({ readyState }) => readyState === OPEN) ?? null;
  }

  return {
    place: () => knownPlace,

    prepare(place) {
      if (place !== knownPlace) keptPlace.put(place);
      knownPlace = place;
      const path = socketPath(place, random.secret());
      const sink = newSink(path);
      return {
        sink,
        admit(stream) {
          awaited.set(path, { stream, sink });
          return { path, expiresInMs: CONNECT_MS };
        },
      };
    },

    isAwaited: path => awaited.has(path),

    accept(path, socket) {
      const found = awaited.get(path);
      if (found === undefined) return null;
      awaited.delete(path);
      const { id } = found.stream;
      socket.serializeAttachment({ id, connected_at_ms: clock.millis() });
      state.acceptWebSocket(socket, [id]);
      found.sink.attach(socket);
      return found.stream;
    },

    describe,

    signAtMs(id) {
      const socket = openSocket(id);
      return socket === null ? null : (describe(socket)?.signAtMs ?? null);
    },

    sinkOf(id) {
      const sink = newSink(null);
      const socket = openSocket(id);
      if (socket !== null) sink.attach(socket);
      return sink;
    },
  };
}
