import type { ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import type { Services } from '../http/env.ts';
import { limitSilence, whenGone } from './sent.ts';

/** The services for one request, which the application answers: with its connection, and when its response is gone. */
export function requestServices(
  services: Services,
  outgoing: ServerResponse | Http2ServerResponse,
): Services {
  outgoing.once('prefinish', () => limitSilence(outgoing));
  const whenSent = (call: () => void): void => whenGone(outgoing, call);
  return { ...services, whenSent, connection: outgoing.socket };
}
