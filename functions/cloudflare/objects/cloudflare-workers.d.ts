declare module 'cloudflare:workers' {
  /** The methods of a class that extends it can be called from elsewhere. */
  export const DurableObject: abstract new (state: unknown, env: unknown) => object;
}

/** One end of a connection. */
interface WorkersSocket {
  readonly readyState: number;
  send(text: string): void;
  close(code: number, reason: string): void;
  serializeAttachment(value: unknown): void;
  deserializeAttachment(): unknown;
}

/** The two ends of a connection: one is answered to the client, one is accepted. */
declare const WebSocketPair: new () => { readonly 0: WorkersSocket; readonly 1: WorkersSocket };

interface AutoResponse {
  readonly request: string;
  readonly response: string;
}

declare const WebSocketRequestResponsePair: new (request: string, response: string) => AutoResponse;

interface ResponseInit {
  webSocket?: WorkersSocket;
}
