/** The part of a connection that is used. */
export interface SocketLike {
  readonly readyState: number;
  send(text: string): void;
  close(code: number, reason: string): void;
  serializeAttachment(value: unknown): void;
  deserializeAttachment(): unknown;
}

/** The part of the state of an object that is about its connections, which outlive its memory. */
export interface SocketStateLike {
  acceptWebSocket(socket: SocketLike, tags: string[]): void;
  getWebSockets(tag: string): readonly SocketLike[];
  getWebSocketAutoResponseTimestamp(socket: SocketLike): Date | null;
}
