import { parse } from '../shape/shape.ts';
import { array, object } from '../shape/structures.ts';
import { nullable, positive, string, unknown } from '../shape/values.ts';
import { deadlineOf, type Moment, momentOf } from './deadline.ts';
import { followSocket, globalSocket, type OpenSocket } from './event-socket.ts';
import { type Fetch, readAnswer, requestOf } from './fetch-sender.ts';
import { Beats, type HeartbeatAnswer, Instant, LeaseRequest } from './grant.ts';
import { reasonOf } from './problem.ts';
import { globalFetch, senderOf } from './sender-of.ts';
import { createEventParser } from './server-events.ts';
import type { Timing } from './timing.ts';
import { commonHeaders, createExchange, errorOf, outgoingOf } from './transport.ts';

/** A time of the service, and a moment here that was not later. Times of the service are converted by it. */
export interface Anchor {
  readonly sent: Moment;
  readonly server_time: string;
}

const OpenEvent = object({
  id: string,
  ping_ms: positive,
  silent_ms: positive,
  leases: Beats,
  server_time: Instant,
});
const RenewedEvent = object({
  leases: array(object({ lease_id: string, expires_at: Instant })),
});
const RequestEvent = object({ lease_id: string, requested: nullable(LeaseRequest) });
const LostEvent = object({ lease_id: string });
const ClosingEvent = object({ reason: string });
const ChangeAnswer = object({ leases: Beats, server_time: Instant });

/** What the service sends on a stream. */
export type StreamEvent =
  | {
      readonly type: 'open';
      readonly id: string;
      readonly silentMs: number;
      readonly anchor: Anchor;
      /** Whether the worker must confirm the pings of the service. Else the worker sends them itself. */
      readonly isConfirmed: boolean;
      /** For the tokens of the request, in their order. */
      readonly answers: readonly HeartbeatAnswer[];
    }
  | { readonly type: 'ping' }
  /** The answer to a ping of the worker. */
  | { readonly type: 'pong' }
  | {
      readonly type: 'renewed';
      readonly leases: readonly { readonly lease_id: string; readonly expires_at: string }[];
    }
  | {
      readonly type: 'request';
      readonly leaseId: string;
      readonly requested: LeaseRequest | null;
    }
  | { readonly type: 'lease_lost'; readonly leaseId: string }
  | { readonly type: 'closing'; readonly reason: string };

export interface PresenceChange {
  readonly tokens: readonly string[];
  readonly remove: readonly string[];
}

/** The calls of a presence stream. */
export interface PresenceCalls {
  /**
   * Opens a stream, and calls `onEvent` for each of its events. Settles when the stream has ended: resolves if the
   * service ended it, else rejects with a `DalsegnoError` for an error answer, or with the error of the connection.
   */
  open(
    request: { readonly tokens: readonly string[]; readonly graceMs: number | undefined },
    options: { readonly signal: AbortSignal; readonly onEvent: (event: StreamEvent) => void },
  ): Promise<void>;
  /** Confirms that the worker is there, and changes the tokens of its stream. */
  change(
    id: string,
    change: PresenceChange,
    options: { readonly timeoutMs: number },
  ): Promise<{ readonly answers: readonly HeartbeatAnswer[]; readonly anchor: Anchor }>;
}

const PATH = '/v1/presence';
const PONG = 'pong';
/** Where to connect: a path of the service, which is a secret that is good for one use. */
const Admission = object({ socket: string });
const Message = object({ event: string, data: unknown });

export function createPresenceCalls(options: {
  readonly url: string;
  readonly token: string | undefined;
  /** Undefined for the usual sender, and the global `fetch` for the stream. */
  readonly fetch: Fetch | undefined;
  /** Opens a WebSocket; the global one if it is left out. */
  readonly openSocket?: OpenSocket | undefined;
  readonly timing: Timing;
}): PresenceCalls {
  const { url, token, fetch = globalFetch, openSocket = globalSocket, timing } = options;
  const base = url.replace(/\/+$/, '');
  const exchange = createExchange({ send: senderOf(url, options.fetch), token, timing });

  return {
    async open({ tokens, graceMs }, { signal, onEvent }) {
      const body = { tokens, grace_ms: graceMs };
      const outgoing = outgoingOf({ method: 'POST', path: PATH, body }, commonHeaders(token));
      const request = requestOf(base, outgoing, signal);
      request.headers.set('Accept', 'text/event-stream');
      const sent = momentOf(timing);
      const response = await fetch(request);
      if (response.status === 201) {
        const socket = openSocket(await readSocketUrl(base, response));
        if (socket === null) throw new TypeError('This runtime has no WebSocket');
        await followSocket(socket, {
          signal,
          timing,
          onText(text) {
            const event = readMessage(text, sent);
            if (event !== null) onEvent(event);
          },
        });
        return;
      }
      const type = response.headers.get('Content-Type') ?? '';
      if (!response.ok || response.body === null || !type.startsWith('text/event-stream')) {
        throw errorOf(`POST ${PATH}`, await readAnswer(response));
      }
      const readEvents = createEventParser();
      for await (const piece of piecesOf(response.body)) {
        for (const { name, data } of readEvents(piece)) {
          const event = readEvent(name, parseData(name, data), sent);
          if (event !== null && !signal.aborted) onEvent(event);
        }
      }
    },

    async change(id, change, { timeoutMs }) {
      const path = `${PATH}/${encodeURIComponent(id)}`;
      const asked = { method: 'PUT', path, body: change } as const;
      const { body, sent } = await exchange(asked, { schema: ChangeAnswer, timeoutMs });
      const anchor = { sent, server_time: body.server_time };
      return { answers: answersOf(body.leases, anchor), anchor };
    },
  };
}

/** The texts of a body, piece by piece. The reader ends with the loop. */
async function* piecesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield decoder.decode(value, { stream: true });
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** The access token is not sent to it, and it is never one of another service. */
async function readSocketUrl(base: string, response: Response): Promise<string> {
  const answer = await readAnswer(response);
  const { socket } = parse(Admission, parseData('socket', answer.text));
  if (!socket.startsWith(`${PATH}/`)) throw errorOf(`POST ${PATH}`, answer);
  return `${base.replace(/^http/, 'ws')}${socket}`;
}

function readMessage(text: string, sent: Moment): StreamEvent | null {
  if (text === PONG) return { type: 'pong' };
  const { event, data } = parse(Message, parseData('message', text));
  const read = readEvent(event, data, sent);
  return read?.type === 'open' ? { ...read, isConfirmed: false } : read;
}

/** Null for an event that this version does not know. Throws for a malformed one. */
function readEvent(name: string, value: unknown, sent: Moment): StreamEvent | null {
  switch (name) {
    case 'open': {
      const { id, silent_ms: silentMs, leases, server_time } = parse(OpenEvent, value);
      const anchor = { sent, server_time };
      const answers = answersOf(leases, anchor);
      return { type: 'open', id, silentMs, anchor, isConfirmed: true, answers };
    }
    case 'ping':
      return { type: 'ping' };
    case 'renewed':
      return { type: 'renewed', leases: parse(RenewedEvent, value).leases };
    case 'request': {
      const { lease_id: leaseId, requested } = parse(RequestEvent, value);
      return { type: 'request', leaseId, requested };
    }
    case 'lease_lost':
      return { type: 'lease_lost', leaseId: parse(LostEvent, value).lease_id };
    case 'closing':
      return { type: 'closing', reason: parse(ClosingEvent, value).reason };
    default:
      return null;
  }
}

function parseData(name: string, data: string): unknown {
  try {
    return JSON.parse(data);
  } catch (error) {
    throw new TypeError(`The event ${name} is no JSON: ${reasonOf(error)}`, { cause: error });
  }
}

function answersOf(leases: Beats, { sent, server_time }: Anchor): readonly HeartbeatAnswer[] {
  return leases.map(answer => {
    if (!answer.ok) return answer;
    const renewal = { ...answer, server_time };
    return { ...renewal, deadline: deadlineOf(sent, renewal) };
  });
}
