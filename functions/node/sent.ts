import type { ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';

const SILENT_MILLISECONDS = 120_000;

/**
 * Disconnects a client that reads nothing of an ended response for too long, so that the response leaves memory.
 * Most responses are with the system at once; whether this one is.
 */
export function limitSilence(outgoing: ServerResponse | Http2ServerResponse): boolean {
  if (outgoing.socket?.writableLength === 0) return true;
  outgoing.setTimeout(SILENT_MILLISECONDS);
  return false;
}

/** Calls back when the response is gone: sent, or given up because the client went away. */
export function whenGone(outgoing: ServerResponse | Http2ServerResponse, call: () => void): void {
  // A response that is closed already emits nothing more.
  if (outgoing.closed) call();
  else outgoing.once('close', call);
}
