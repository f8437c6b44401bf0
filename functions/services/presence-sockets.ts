import type { PresenceSink } from '../../lib/presence/presence-event.ts';
import type { PresenceStream } from '../../lib/presence/presence-stream.ts';

/** Streams whose events go over WebSockets: a request opens the stream, and a second one is its connection. */
export interface PresenceSockets {
  /** Before the stream is opened. `place` is where it is. */
  prepare(place: number): PreparedSocket;
}

export interface PreparedSocket {
  /** Events wait here for the connection. */
  readonly sink: PresenceSink;
  /** From now on the connection may be made, once. */
  admit(stream: PresenceStream): { readonly path: string; readonly expiresInMs: number };
}
